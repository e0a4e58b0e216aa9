import { nameOfViewSet, type ViewSet } from '../../core/define/view-set.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import type { SegmentCache } from '../merge/segment-cache.js'
import { ViewCells } from '../merge/view-cells.js'
import { StreamMirror } from '../mirror/stream-mirror.js'
import { SnapshotWatch } from '../snapshots/snapshot-watch.js'
import type { ReadersDeps } from './readers.js'
import { StreamReader } from './stream-reader.js'
import { ViewReader } from './view-reader.js'

export interface ReaderSetDeps extends ReadersDeps {
  readonly cache: SegmentCache
  /** Today's view set of each stream of the catalog. */
  readonly today: ReadonlyMap<string, ViewSet>
  /** Told of a snapshot by other definitions; true where somebody else reads by those. */
  readonly elsewhere: (stream: string, snapshot: Snapshot) => Promise<boolean>
}

/**
 * Some streams and their views as queries read them, by one set of definitions each: mirrors, snapshots and cells that no
 * other set shares, so that another set can be made ready beside it.
 */
export class ReaderSet {
  readonly streams: ReadonlyMap<string, StreamReader>
  /** Views of today's catalog that these streams feed, those that nothing answers yet too. */
  readonly views: ReadonlyMap<string, ViewReader>
  readonly cells: ReadonlyMap<string, ViewCells>
  readonly #ended = new AbortController()

  constructor(
    readonly sets: ReadonlyMap<string, ViewSet>,
    readonly deps: ReaderSetDeps,
    /** Tells sets apart. */
    readonly ordinal: number,
  ) {
    const { cache, options, clock, today } = deps
    const epochMsOf = (stream: string) => (sets.get(stream) ?? today.get(stream))?.epochMs ?? 1
    const byHash = new Map<string, ViewCells>()
    const cellsOf = (view: ViewSet['views'][number]): ViewCells => {
      const held = byHash.get(view.hash) ?? new ViewCells(view, cache, options.manyTuples, epochMsOf)
      byHash.set(view.hash, held)
      return held
    }
    const streams = new Map<string, StreamReader>()
    const cells = new Map<string, ViewCells>()
    for (const [name, set] of sets) {
      const own = new Map(set.views.map((view) => [view.name, cellsOf(view)]))
      for (const [view, held] of own) if (!cells.has(view)) cells.set(view, held)
      streams.set(name, this.#stream(set, own))
    }
    const views = new Map<string, ViewReader>()
    for (const name of sets.keys()) {
      for (const wanted of today.get(name)?.views ?? []) {
        const held = cells.get(wanted.name) ?? cellsOf(wanted)
        const feeding = [...new Set(held.view.parts.map((part) => part.stream.name))]
        const readers = feeding.flatMap((stream) => streams.get(stream) ?? [])
        views.set(wanted.name, new ViewReader(held.view, held, readers, clock))
      }
    }
    this.streams = streams
    this.views = views
    this.cells = cells
  }

  /** Keeps mirrors and snapshots fresh until the signal is raised, or the set is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#ended.signal])
    await Promise.all(
      [...this.streams.values()].flatMap(({ mirror, watch }) => [mirror.run(either), watch.run(either)]),
    )
  }

  /** Stops, and lets go of what was decoded for it. */
  close(): void {
    this.#ended.abort()
    for (const { batch } of this.cells.values()) this.deps.cache.forget(batch.reader)
  }

  #stream(set: ViewSet, views: ReadonlyMap<string, ViewCells>): StreamReader {
    const { hot, warm, clock, logger, options, elsewhere } = this.deps
    const { name } = set.stream
    const keyspace = { stream: name, viewSet: nameOfViewSet(set) }
    const mirror = new StreamMirror({ hot, keyspace, views, clock, logger, timing: options.mirror })
    const watch = new SnapshotWatch({
      ...{ warm, stream: name, views: set.views, cells: views, clock, logger, timing: options.snapshots },
      elsewhere: (snapshot) => elsewhere(name, snapshot),
    })
    return new StreamReader(set.stream, set.epochMs, set.views, mirror, watch, this.ordinal)
  }
}
