import type { Catalog } from '../../core/define/compile-catalog.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { viewSetOf } from '../../core/seam/view-set.js'
import type { Clock } from '../../core/time/clock.js'
import type { HotStore } from '../../stores/hot/hot-port.js'
import type { Logger } from '../../stores/logger.js'
import type { SegmentCells } from '../../stores/tiers/index.js'
import type { StreamSettings, WarmStore } from '../../stores/warm/warm-port.js'
import { SegmentCache } from '../merge/segment-cache.js'
import { ViewCells } from '../merge/view-cells.js'
import { pause } from '../mirror/pause.js'
import { StreamMirror } from '../mirror/stream-mirror.js'
import type { ServingOptions } from '../options.js'
import { SnapshotWatch } from '../snapshots/snapshot-watch.js'
import { StreamReader } from './stream-reader.js'
import { ViewReader } from './view-reader.js'

export interface ReadersDeps {
  readonly catalog: Catalog
  /** One per stream of the catalog. */
  readonly settings: readonly StreamSettings[]
  readonly hot: Pick<HotStore, 'follow' | 'partitions'>
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot'>
  /** Where segments are read from. */
  readonly source: SegmentCells
  readonly clock: Clock
  readonly logger: Logger
  readonly options: ServingOptions
}

/** Every stream and view of the catalog, ledgers included, as queries read them. */
export class Readers {
  readonly streams: ReadonlyMap<string, StreamReader>
  readonly views: ReadonlyMap<string, ViewReader>
  readonly cells: ReadonlyMap<string, ViewCells>
  readonly cache: SegmentCache

  constructor(readonly deps: ReadersDeps) {
    const { catalog, settings, source, clock, options } = deps
    this.cache = new SegmentCache({ source, maxBytes: options.segmentCacheBytes, concurrency: options.segmentReads })
    const epochMs = new Map(settings.map((one) => [one.stream, one.epochMs]))
    const cells = new Map<string, ViewCells>()
    const streams = new Map<string, StreamReader>()
    for (const name of catalog.streams.keys()) {
      const length = epochMs.get(name)
      if (length === undefined) throw new Error(`stream "${name}" was never started: MongoDB has no settings of it`)
      const views = catalog.streamViews(name, length)
      for (const view of views)
        if (!cells.has(view.name)) cells.set(view.name, new ViewCells(view, this.cache, options.manyTuples))
      streams.set(
        name,
        this.#stream(name, length, views, new Map(views.map(({ name: view }) => [view, cells.get(view) as ViewCells]))),
      )
    }
    this.cells = cells
    this.streams = streams
    this.views = new Map([...cells].map(([name, held]) => [name, this.#view(held, streams, clock)]))
  }

  /** Keeps mirrors and snapshots fresh until the signal is raised. */
  async run(signal: AbortSignal): Promise<void> {
    const loops = [...this.streams.values()].flatMap(({ mirror, watch }) => [mirror.run(signal), watch.run(signal)])
    await Promise.all([...loops, this.#tidy(signal)])
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

  #stream(
    name: string,
    epochMs: number,
    views: readonly ViewDefinition[],
    cells: ReadonlyMap<string, ViewCells>,
  ): StreamReader {
    const { catalog, hot, warm, clock, logger, options } = this.deps
    const keyspace = { stream: name, viewSet: viewSetOf(views) }
    const mirror = new StreamMirror({ hot, keyspace, views: cells, clock, logger, timing: options.mirror })
    const watch = new SnapshotWatch({ warm, stream: name, views, cells, clock, logger, timing: options.snapshots })
    return new StreamReader(catalog.stream(name), epochMs, views, mirror, watch)
  }

  #view(cells: ViewCells, streams: ReadonlyMap<string, StreamReader>, clock: Clock): ViewReader {
    const feeding = [...streams.values()].filter((stream) => stream.views.some((view) => view.name === cells.view.name))
    return new ViewReader(cells.view, cells, feeding, clock)
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    const { clock, options } = this.deps
    while (!signal.aborted) {
      await pause(options.tidyMs, signal)
      for (const cells of this.cells.values()) cells.tidy(clock.now() - options.keepUnusedMs)
    }
  }
}
