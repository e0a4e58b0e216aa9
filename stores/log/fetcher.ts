import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../logger.js'
import { FETCH_ERRORS, type FetchAnswer } from './fetch-protocol.js'
import { type PackedBatch, packFetched } from './packed-batch.js'
import { fetchFrom, leaderOf, type WireCluster } from './wire.js'

export const FETCH = {
  /** A fetch that finds nothing waits so long at the broker; data ends the wait at once. */
  maxWaitMs: 400,
  /** The same while a partition is left out for want of room, which it will have soon. */
  maxWaitBesideFullMs: 20,
  /**
   * After an answer with less than `smallBytes` the next fetch waits so long: at the end of the log each record that
   * arrives would otherwise be an answer of its own, and a busy topic thousands of them.
   */
  lingerMs: 25,
  smallBytes: 64 << 10,
  /** Some full batches of ours: the last batch of an answer is cut off, and fetched again. */
  maxBytesPerPartition: 2 << 20,
  maxBytes: 16 << 20,
  /** A partition with so many bytes fetched and not yet taken is left out of the next fetch. */
  maxQueuedBytes: 4 << 20,
  /** Attempts while the broker is away; after `giveUpMs` without one answer the fetcher fails. */
  minDelayMs: 50,
  maxDelayMs: 2_000,
  multiplier: 2,
  giveUpMs: 10 * 60_000,
} as const

export interface FetcherOptions {
  readonly cluster: WireCluster
  /** In order per partition and awaited; partitions run concurrently. A rejection ends the fetcher. */
  readonly onBatch: (batch: PackedBatch) => Promise<void>
  /** The position does not exist in the log. The partition stays out of fetches until a `seek`. */
  readonly onOutOfRange: (topic: string, partition: number, position: number) => void
  /** The broker does not answer (each attempt), or answers again (null). */
  readonly onTrouble: (error: Error | null) => void
  readonly logger: Logger
}

interface Target {
  readonly topic: string
  readonly partition: number
  /** Next raw offset to fetch. */
  position: number
  paused: boolean
  /** The log does not hold the position: only a `seek` mends it. */
  outOfRange: boolean
  fetching: boolean
  /** Bytes handed to `onBatch`'s queue and not yet taken. */
  queuedBytes: number
  /** Resolves when everything queued so far was taken. */
  tail: Promise<void>
  /** Fetches and batches of an earlier value are discarded: `seek` raises it. */
  seeks: number
}

/**
 * Fetches partitions by positions that are its own: only `seek` moves one other than forward, and an offset that the
 * broker no longer has is reported, never replaced. One request at a time per broker, for all partitions with room;
 * the next one is under way while the last one's batches are worked on.
 */
export class Fetcher {
  readonly #options: FetcherOptions
  readonly #targets = new Map<string, Target>()
  readonly #busy = new Set<number>()
  #closed = false
  #failingSinceMs: number | null = null
  #delayMs: number = FETCH.minDelayMs
  #retry: NodeJS.Timeout | undefined
  #settle!: { resolve: () => void; reject: (error: unknown) => void }
  /** Resolves after `close`, rejects with what ended the fetcher. */
  readonly ended: Promise<void>

  constructor(options: FetcherOptions) {
    this.#options = options
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  /** Starts, or moves, a partition; batches of it that are in flight are not delivered. */
  seek(topic: string, partition: number, position: number): void {
    const key = `${topic}/${partition}`
    const held = this.#targets.get(key)
    if (held) {
      held.position = position
      held.seeks++
      held.outOfRange = false
    } else {
      const idle = {
        paused: false,
        outOfRange: false,
        fetching: false,
        queuedBytes: 0,
        tail: Promise.resolve(),
        seeks: 0,
      }
      this.#targets.set(key, { topic, partition, position, ...idle })
    }
    this.#pump()
  }

  pause(topic: string, partition: number): void {
    const target = this.#targets.get(`${topic}/${partition}`)
    if (target) target.paused = true
  }

  resume(topic: string, partition: number): void {
    const target = this.#targets.get(`${topic}/${partition}`)
    if (target) target.paused = false
    this.#pump()
  }

  /** Forgets a partition; what is in flight of it is not delivered. */
  remove(topic: string, partition: number): void {
    const target = this.#targets.get(`${topic}/${partition}`)
    if (!target) return
    target.seeks++
    this.#targets.delete(`${topic}/${partition}`)
  }

  /** Ends without delivering what is still queued. */
  async close(): Promise<void> {
    this.#end()
    this.#settle.resolve()
  }

  #end(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    for (const target of this.#targets.values()) target.seeks++
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.#end()
    this.#settle.reject(error)
  }

  /** Starts a request to every idle broker that leads a partition with room. */
  #pump(): void {
    if (this.#closed || this.#retry !== undefined) return
    const byLeader = new Map<number, Target[]>()
    let maxWaitMs: number = FETCH.maxWaitMs
    for (const target of this.#targets.values()) {
      if (target.paused || target.outOfRange || target.fetching) continue
      if (target.queuedBytes >= FETCH.maxQueuedBytes) {
        maxWaitMs = FETCH.maxWaitBesideFullMs
        continue
      }
      let leader: number
      try {
        leader = leaderOf(this.#options.cluster, target.topic, target.partition)
      } catch (error) {
        this.#later(error)
        return
      }
      const targets = byLeader.get(leader)
      if (targets) targets.push(target)
      else byLeader.set(leader, [target])
    }
    for (const [leader, targets] of byLeader) {
      if (!this.#busy.has(leader)) void this.#fetch(leader, targets, maxWaitMs)
    }
  }

  async #fetch(leader: number, targets: readonly Target[], maxWaitMs: number): Promise<void> {
    this.#busy.add(leader)
    const asked = targets.map((target) => {
      target.fetching = true
      return { target, seeks: target.seeks, offset: target.position }
    })
    // The broker fills its answer in the order asked: whoever came first goes last the next time.
    for (const target of targets) this.#moveToEnd(target)
    try {
      const partitions = asked.map(({ target, offset }) => ({
        topic: target.topic,
        partition: target.partition,
        offset,
        maxBytes: FETCH.maxBytesPerPartition,
      }))
      const answers = await fetchFrom(this.#options.cluster, leader, {
        maxWaitMs,
        maxBytes: FETCH.maxBytes,
        partitions,
      })
      for (const { target } of asked) target.fetching = false
      if (this.#failingSinceMs !== null) this.#options.onTrouble(null)
      this.#failingSinceMs = null
      this.#delayMs = FETCH.minDelayMs
      for (const answer of answers) {
        const found = asked.find(({ target }) => target.topic === answer.topic && target.partition === answer.partition)
        // Sought or lost while the broker was answering: the answer is to a question nobody asks any more.
        if (found && found.seeks === found.target.seeks) this.#take(found.target, answer)
      }
      const bytes = answers.reduce((sum, answer) => sum + answer.bytes.length, 0)
      if (bytes > 0 && bytes < FETCH.smallBytes) await delay(FETCH.lingerMs)
      await this.#options.cluster.refreshMetadataIfNecessary()
    } catch (error) {
      for (const { target } of asked) target.fetching = false
      this.#busy.delete(leader)
      this.#later(error)
      return
    }
    this.#busy.delete(leader)
    this.#pump()
  }

  #take(target: Target, answer: FetchAnswer): void {
    if (answer.error === FETCH_ERRORS.offsetOutOfRange) {
      target.outOfRange = true
      this.#options.onOutOfRange(target.topic, target.partition, target.position)
      return
    }
    if (answer.error !== FETCH_ERRORS.none) {
      // A leader that moved, a broker that starts: it passes. Ask for the leaders anew, and again later.
      const what = `fetching topic "${target.topic}" partition ${target.partition}`
      this.#later(new Error(`${what}: Kafka's error ${answer.error}`))
      return
    }
    let batch: PackedBatch | null
    try {
      batch = packFetched(answer, target.position)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (batch === null) return
    target.position = batch.to
    const { seeks } = target
    const size = batch.bytes.byteLength
    target.queuedBytes += size
    target.tail = target.tail.then(async () => {
      try {
        if (seeks === target.seeks) await this.#options.onBatch(batch)
      } catch (error) {
        this.#fail(error)
      } finally {
        target.queuedBytes -= size
        this.#pump()
      }
    })
  }

  #moveToEnd(target: Target): void {
    const key = `${target.topic}/${target.partition}`
    if (this.#targets.get(key) !== target) return
    this.#targets.delete(key)
    this.#targets.set(key, target)
  }

  /** One more attempt for everything, after a pause and with fresh metadata. */
  #later(error: unknown): void {
    if (this.#closed) return
    const now = performance.now()
    this.#failingSinceMs ??= now
    const cause = error instanceof Error ? error : new Error(String(error))
    if (now - this.#failingSinceMs > FETCH.giveUpMs) {
      const minutes = FETCH.giveUpMs / 60_000
      this.#fail(new Error(`Kafka has not answered for ${minutes} minutes: ${cause.message}`, { cause }))
      return
    }
    this.#options.onTrouble(cause)
    if (this.#retry !== undefined) return
    this.#retry = setTimeout(async () => {
      try {
        await this.#options.cluster.refreshMetadata()
      } catch (failed) {
        this.#retry = undefined
        this.#later(failed)
        return
      }
      this.#retry = undefined
      this.#pump()
    }, this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * FETCH.multiplier, FETCH.maxDelayMs)
  }
}
