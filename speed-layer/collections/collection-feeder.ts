import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Clock } from '../../core/time/clock.js'
import type { CollectionPointer, CollectionStore, Generation } from '../../stores/collections/index.js'
import type { CollectionSearchStore } from '../../stores/search/index.js'
import { pause } from '../timing.js'
import { type GenerationFeed, type GenerationFeedDeps, openGenerationFeed } from './generation-feed.js'
import { generationsToFeed, hasCaughtUp } from './pick-generations.js'

export interface CollectionFeederDeps extends Omit<GenerationFeedDeps, 'collections' | 'collectionSearch'> {
  readonly collections: CollectionStore
  readonly collectionSearch: Pick<CollectionSearchStore, 'put' | 'refresh'>
  readonly clock: Clock
}

const TIMING = {
  /** Between two looks at which generations there are. */
  lookMs: 1_000,
  /** Removals are remembered so long: a late write of before does not bring a document back. */
  rememberRemovedMs: 7 * 86_400_000,
  sweepMs: 3_600_000,
} as const

/** Feeds one collection until the signal: whichever generations are to be fed, and switches to a rebuilt one once it is level. */
export class CollectionFeeder {
  readonly #feeds = new Map<string, GenerationFeed>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly collection: CollectionDefinition,
    private readonly deps: CollectionFeederDeps,
  ) {}

  async run(): Promise<void> {
    const { signal, logger } = this.deps
    let said = ''
    while (!signal.aborted) {
      try {
        await this.look()
        said = ''
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (reason !== said) logger.warn({ collection: this.collection.name, reason }, 'feeding waits')
        said = reason
      }
      await pause(TIMING.lookMs, signal)
    }
    await this.stop()
  }

  /** One look: begins and ends feeds as generations come and go, and switches where one has caught up. */
  async look(): Promise<void> {
    const { collections, clock } = this.deps
    const { name } = this.collection
    const [pointer, generations] = [await collections.pointer(name), await collections.generations(name)]
    const wanted = generationsToFeed(this.collection, generations, pointer)
    for (const [generation, feed] of this.#feeds) {
      if (wanted.some((one) => one.name === generation)) continue
      this.#feeds.delete(generation)
      await feed.stop()
    }
    for (const { name: generation } of wanted) {
      if (this.#feeds.has(generation)) continue
      const feed = await openGenerationFeed(this.collection, generation, this.deps)
      this.#feeds.set(generation, feed)
      // one that ended by itself is begun anew at the next look
      feed.stopped.catch((error: unknown) => {
        this.deps.logger.warn({ collection: name, generation, error }, 'feeding ended')
        this.#feeds.delete(generation)
      })
    }
    const next = wanted.find((one) => one.name !== pointer?.generation)
    if (next !== undefined) await this.#switchIfLevel(next, wanted, pointer)
    if (clock.now() - this.#sweptAtMs < TIMING.sweepMs) return
    this.#sweptAtMs = clock.now()
    for (const { name: generation } of wanted)
      await collections.sweepRemoved(name, generation, clock.now() - TIMING.rememberRemovedMs)
  }

  async stop(): Promise<void> {
    const feeds = [...this.#feeds.values()]
    this.#feeds.clear()
    await Promise.all(feeds.map((feed) => feed.stop()))
  }

  async #switchIfLevel(
    { name: generation }: Generation,
    wanted: readonly Generation[],
    pointer: CollectionPointer | null,
  ): Promise<void> {
    const { collections, collectionSearch, clock, logger } = this.deps
    const { name, search } = this.collection
    const reach = new Map<number, number>()
    if (wanted.some((one) => one.name === pointer?.generation))
      for (const [partition, { next }] of await collections.positions(name, pointer?.generation ?? ''))
        reach.set(partition, next)
    else for (const { partition, high } of await this.#ends()) reach.set(partition, high)
    if (!hasCaughtUp(await collections.positions(name, generation), reach)) return
    if (search !== null) await collectionSearch.refresh(name, generation)
    if (await collections.switchTo(name, generation, pointer, clock.now()))
      logger.info({ collection: name, generation }, 'a rebuilt collection is in force')
  }

  async #ends(): Promise<readonly { partition: number; high: number }[]> {
    const topic = this.collection.feed?.stream.topic
    return topic === undefined ? [] : this.deps.log.offsets(topic)
  }
}
