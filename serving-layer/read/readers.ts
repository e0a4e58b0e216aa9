import type { Catalog } from '../../core/define/compile-catalog.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { nameOfViewSet, type ViewSet } from '../../core/define/view-set.js'
import type { RestatementProgress } from '../../core/seam/restatement-progress.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import type { Clock } from '../../core/time/clock.js'
import type { HotStore } from '../../stores/hot/hot-port.js'
import type { Logger } from '../../stores/logger.js'
import type { SegmentCells } from '../../stores/tiers/index.js'
import { setOfSnapshot } from '../../stores/warm/index.js'
import type { StreamSettings, WarmStore } from '../../stores/warm/warm-port.js'
import { SegmentCache } from '../merge/segment-cache.js'
import type { ViewCells } from '../merge/view-cells.js'
import { pause } from '../mirror/pause.js'
import type { ServingOptions } from '../options.js'
import { agree, canTakeOver, joinedStreams, nameOfSets } from './change-over.js'
import { ReaderSet } from './reader-set.js'
import { type Restating, restatingOf } from './restating.js'
import type { StreamReader } from './stream-reader.js'
import type { ViewReader } from './view-reader.js'

export interface ReadersDeps {
  readonly catalog: Catalog
  /** One per stream of the catalog. */
  readonly settings: readonly StreamSettings[]
  readonly hot: Pick<HotStore, 'follow' | 'partitions'>
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot' | 'viewSet' | 'restatement'>
  /** Where segments are read from. */
  readonly source: SegmentCells
  readonly clock: Clock
  readonly logger: Logger
  readonly options: ServingOptions
}

const TIMING = {
  /** Pause between looks at whether other definitions can take over. */
  changeMs: 20,
  /** What was replaced goes on for questions that are under way. */
  lingerMs: 15_000,
  /** Pause between readings of how far restatements are. */
  restatingMs: 1_000,
} as const

/**
 * Every stream and view of the catalog, ledgers included, as queries read them: by the definitions that the pointers
 * name. Where those change, the new ones are made ready beside the old and take over in one step, for all the streams of
 * a view at once.
 */
export class Readers {
  readonly cache: SegmentCache
  readonly #streams = new Map<string, StreamReader>()
  readonly #views = new Map<string, ViewReader>()
  readonly #cells = new Map<string, ViewCells>()
  readonly #today: ReadonlyMap<string, ViewSet>
  /** By which definitions each stream is answered. */
  readonly #active: Map<string, ViewSet>
  /** By which its pointer says that it should be. */
  readonly #wanted = new Map<string, ViewSet>()
  /** Sets in use; each holds the streams that no later one took over. */
  readonly #sets = new Set<ReaderSet>()
  readonly #restatements = new Map<string, RestatementProgress>()
  #pending: { readonly name: string; readonly set: ReaderSet } | null = null
  #running: AbortSignal | null = null
  #made = 0

  constructor(readonly deps: ReadersDeps) {
    const { catalog, settings, source, options } = deps
    this.cache = new SegmentCache({ source, maxBytes: options.segmentCacheBytes, concurrency: options.segmentReads })
    const epochMs = new Map(settings.map((one) => [one.stream, one.epochMs]))
    const today = new Map<string, ViewSet>()
    for (const [name, stream] of catalog.streams) {
      const length = epochMs.get(name)
      if (length === undefined) throw new Error(`stream "${name}" was never started: MongoDB has no settings of it`)
      today.set(name, { stream, epochMs: length, views: catalog.streamViews(name, length) })
    }
    this.#today = today
    this.#active = new Map(today)
    for (const name of today.keys()) {
      if (this.#streams.has(name)) continue
      const joined = joinedStreams([name], [today])
      this.#use(this.#readerSet(new Map([...today].filter(([other]) => joined.has(other)))))
    }
  }

  get streams(): ReadonlyMap<string, StreamReader> {
    return this.#streams
  }

  get views(): ReadonlyMap<string, ViewReader> {
    return this.#views
  }

  get cells(): ReadonlyMap<string, ViewCells> {
    return this.#cells
  }

  /** Keeps mirrors and snapshots fresh until the signal is raised. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running = signal
    const loops = [...this.#sets].map((set) => set.run(signal))
    await Promise.all([...loops, this.#tidy(signal), this.#keepUp(signal), this.#readRestatements(signal)])
  }

  /** Says how a view is answered by another definition than today's; null where it is today's. */
  restating({ name, hash }: Pick<ViewDefinition, 'name' | 'hash'>): Restating | null {
    return restatingOf(name, hash, this.#today, this.#restatements)
  }

  /** Records of the hot ledgers beyond the boundary, by outcome. */
  ledgerTotals(): readonly { readonly stream: string; readonly outcome: string; readonly records: number }[] {
    return [...this.streams.values()].flatMap((stream) => {
      const ledger = stream.views.find((view) => view.ledger)
      const held = ledger && this.cells.get(ledger.name)
      if (!held) return []
      const totals = new Map<string, number>()
      for (const { windows } of stream.hotCells(held, Number.NEGATIVE_INFINITY)) {
        for (const table of windows.values()) {
          for (let slot = 0; slot < table.size; slot++) {
            const outcome = String(held.groupings.tuples.at(table.idAt(slot))[0])
            totals.set(outcome, (totals.get(outcome) ?? 0) + (table.numberOf(slot, 0) ?? 0))
          }
        }
      }
      return [...totals].map(([outcome, records]) => ({ stream: stream.name, outcome, records }))
    })
  }

  /** Makes other definitions ready where a pointer names them, and puts them in use once they are. Never rejects. */
  async changeOver(): Promise<void> {
    this.#prepare()
    const next = [...(this.#pending?.set.streams.values() ?? [])]
    for (const { watch, mirror } of next) {
      watch.touch()
      mirror.touch()
    }
    // youngest when it is compared: both are read on meanwhile
    await Promise.all(next.map(({ mirror }) => mirror.refresh()))
    this.#takeOver()
  }

  /** In one step, so that no question sees half of it. */
  #takeOver(): void {
    const set = this.#pending?.set
    if (!set || ![...set.streams].every(([name, next]) => canTakeOver(next, this.#streams.get(name) as StreamReader)))
      return
    this.#pending = null
    this.#use(set)
    this.deps.logger.info({ streams: [...set.streams.keys()] }, 'other definitions answer now')
  }

  #use(set: ReaderSet): void {
    for (const [name, next] of set.streams) {
      const before = this.#streams.get(name)
      if (before) next.goOnFrom(before)
      this.#streams.set(name, next)
      this.#active.set(name, set.sets.get(name) as ViewSet)
    }
    for (const [name, cells] of set.cells) this.#cells.set(name, cells)
    for (const [name, view] of set.views) this.#views.set(name, view)
    for (const name of this.#cells.keys()) if (!this.#isFed(name)) this.#cells.delete(name)
    this.#sets.add(set)
  }

  #isFed(view: string): boolean {
    return [...this.#streams.values()].some(({ views }) => views.some(({ name }) => name === view))
  }

  #readerSet(sets: ReadonlyMap<string, ViewSet>): ReaderSet {
    const elsewhere = (stream: string, snapshot: Snapshot) => this.#moved(stream, snapshot)
    return new ReaderSet(sets, { ...this.deps, cache: this.cache, today: this.#today, elsewhere }, this.#made++)
  }

  /** A pointer names a snapshot by other definitions than a reader's. @returns false where they are not known */
  async #moved(stream: string, snapshot: Snapshot): Promise<boolean> {
    const set = await setOfSnapshot(this.deps.warm, this.#today.get(stream) as ViewSet, snapshot)
    if (set === null) return false
    this.#wanted.set(stream, set)
    return true
  }

  /** Makes ready what is wanted, and lets go of what no longer is. */
  #prepare(): void {
    const moved = [...this.#wanted].filter(([name, set]) => !same(set, this.#active.get(name))).map(([name]) => name)
    const wanted = new Map([...this.#active, ...this.#wanted])
    const joined = joinedStreams(moved, [this.#active, wanted, this.#today])
    const sets = new Map([...wanted].filter(([name]) => joined.has(name)))
    // while the old ones can answer, a view waits until all of its streams have moved
    const answers = [...joined].every((name) => this.#streams.get(name)?.watch.known)
    const name = moved.length === 0 || (answers && !agree(sets)) ? '' : nameOfSets(sets)
    if (name === (this.#pending?.name ?? '')) return
    this.#pending?.set.close()
    this.#pending = name === '' ? null : { name, set: this.#readerSet(sets) }
    const { logger } = this.deps
    if (this.#running)
      this.#pending?.set.run(this.#running).catch((error: unknown) => logger.warn({ error }, 'reading ended'))
  }

  async #keepUp(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps
    const leaving = new Map<ReaderSet, number>()
    while (!signal.aborted) {
      await this.changeOver()
      for (const set of this.#sets) {
        const used = [...set.streams].some(([name, reader]) => this.#streams.get(name) === reader)
        if (!used && !leaving.has(set)) leaving.set(set, clock.now() + TIMING.lingerMs)
        if (clock.now() < (leaving.get(set) ?? Number.POSITIVE_INFINITY)) continue
        set.close()
        this.#sets.delete(set)
        leaving.delete(set)
      }
      await pause(this.#pending ? TIMING.changeMs : this.deps.options.snapshots.activeMs, signal)
    }
  }

  /** How far restatements are, while there are any. */
  async #readRestatements(signal: AbortSignal): Promise<void> {
    const { warm } = this.deps
    while (!signal.aborted) {
      for (const [name, today] of this.#today) {
        if (same(today, this.#active.get(name))) this.#restatements.delete(name)
        else {
          const found = await warm.restatement(name).catch(() => null) // the pointer's watch tells that MongoDB is away
          if (found !== null) this.#restatements.set(name, found)
        }
      }
      await pause(TIMING.restatingMs, signal)
    }
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    const { clock, options } = this.deps
    while (!signal.aborted) {
      await pause(options.tidyMs, signal)
      for (const cells of this.cells.values()) cells.tidy(clock.now() - options.keepUnusedMs)
    }
  }
}

function same(a: ViewSet, b: ViewSet | undefined): boolean {
  return a === b || (b !== undefined && nameOfViewSet(a) === nameOfViewSet(b))
}
