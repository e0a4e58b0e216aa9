import { cellKey } from '../../core/cell/cell-key.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import type { MeasureValue } from '../../core/measure/finish.js'
import { finish } from '../../core/measure/finish.js'
import type { Clock } from '../../core/time/clock.js'
import { AsOfReader } from '../as-of/as-of-reader.js'
import { CellTable } from '../merge/cell-table.js'
import { getOrMake } from '../merge/get-or-make.js'
import type { Readers } from '../read/readers.js'
import type { ReadOptions, Sources, ViewReader } from '../read/view-reader.js'
import type { TrendingQuery } from '../trending/trending-query.js'
import { type TrendingRow, trendingRows } from '../trending/trending-rows.js'
import type { HealthWatch } from '../watch/health-watch.js'
import type { ParityWatch } from '../watch/parity-watch.js'
import { type AnswerRow, type AnswerRows, answerRows } from './answer-rows.js'
import type { Filter } from './filter.js'
import { withHot } from './hot-tiers.js'
import { type Matcher, Matchers } from './matcher.js'
import { Memo } from './memo.js'
import type { Layer } from './merge-span.js'
import { planOf } from './plan.js'
import { type Provenance, provenanceOf } from './provenance.js'
import { tierParts } from './tier-parts.js'
import { showSize, type Window } from './time-range.js'
import { coarsened, coarsestOf, refuseTooFine, TooFineError } from './too-fine-error.js'
import type { ViewQuery } from './view-query.js'

/** The answer to a `ViewQuery`. Instants are ISO 8601 in UTC; `from` is inclusive, `to` exclusive. */
export interface ViewAnswer {
  readonly view: string
  readonly from: string
  readonly to: string
  /** What was asked for, where it was moved outward to window bounds; else null. */
  readonly moved: { readonly from: string; readonly to: string } | null
  readonly window: string
  /** The coarsest stored window that the answer was merged from; `provenance.tiers` says which part it is of. */
  readonly resolution: string
  readonly zone: string
  readonly groupBy: readonly string[]
  readonly rows: readonly AnswerRow[]
  /** Rows there were before `limit`. */
  readonly total: number
  readonly provenance: Provenance
}

export interface TrendingAnswer {
  readonly view: string
  readonly measure: string
  readonly groupBy: readonly string[]
  readonly from: string
  readonly to: string
  /** `short` where no earlier week is known: ranked by the current rate. */
  readonly history: 'full' | 'short'
  readonly weeks: number
  readonly rows: readonly TrendingRow[]
  readonly total: number
  readonly provenance: Provenance
}

/** A cell of a whole answer, at the view's finest window. */
export interface WholeCell {
  readonly key: string
  readonly registers: string
  readonly measures: Readonly<Record<string, MeasureValue>>
}

export interface AnswersDeps {
  readonly readers: Readers
  readonly parity: ParityWatch
  readonly health: HealthWatch
  readonly clock: Clock
  /** A partition without news for so long may be idle, ms. */
  readonly idleAfterMs: number
}

/** Every window there may be: the years 0 to 9999. */
const EVER: Window = { startMs: Date.UTC(0, 0, 1) - 1900 * 366 * 86_400_000, endMs: Date.UTC(9999, 11, 31, 24) }

/** Answers kept, and the largest of them, in rows. */
const MEMO_ANSWERS = 200
const MEMO_ROWS = 200

/** Answers questions about views from both layers. */
export class Answers {
  readonly #matchers = new Matchers()
  /** Many ask the same between two changes of the cells: a page of a thousand viewers, the panels of a dashboard. */
  readonly #rows = new Memo<AnswerRows>(MEMO_ANSWERS)

  readonly #asOf: AsOfReader

  constructor(readonly deps: AnswersDeps) {
    const { readers, clock } = deps
    const { warm, source, options } = readers.deps
    const { segmentReads, manyTuples } = options
    this.#asOf = new AsOfReader({ warm, source, clock, segmentReads, manyTuples })
  }

  /** @throws UnavailableError, ParameterError */
  async view(asked: ViewQuery): Promise<ViewAnswer> {
    for (let query = asked; ; ) {
      try {
        return await this.#view(query)
      } catch (error) {
        const coarser = error instanceof TooFineError ? coarsened(query, error) : null
        if (coarser === null) throw error
        query = coarser
      }
    }
  }

  async #view(query: ViewQuery): Promise<ViewAnswer> {
    const reader = this.#reader(query.view.name)
    const { finestMs } = reader.cells
    const plan = planOf(reader.cells.sizes, query.windows)
    const { fromMs, toMs } = bounds(query.windows)
    const range = { startMs: fromMs, endMs: toMs }
    return this.#read(
      reader,
      query.asOf,
      { dimensions: dimensionsOf(query), blocks: plan.blocks, range },
      (sources) => {
        const tiers = withHot(sources.tiers, query.view, sources.hot, range)
        refuseTooFine(query, tiers, finestMs)
        const make = () => answerRows(query, plan, sources, this.#matcher(sources, query.filters))
        const { rows, total, windows } =
          query.limit > MEMO_ROWS ? make() : this.#rows.get(nameOf(query), sources.version, make)
        const moved = fromMs !== query.asked.fromMs || toMs !== query.asked.toMs
        return {
          view: query.view.name,
          from: iso(fromMs),
          to: iso(toMs),
          moved: moved ? { from: iso(query.asked.fromMs), to: iso(query.asked.toMs) } : null,
          window: query.size.kind === 'fixed' ? showSize(query.size.sizeMs) : query.size.kind === 'day' ? '1d' : 'all',
          resolution: showSize(coarsestOf(tiers, finestMs)),
          zone: query.zone,
          groupBy: query.groupBy.map((position) => query.view.dimensions[position]?.name ?? ''),
          rows,
          total,
          provenance: { ...this.#provenance(reader, sources, windows, range), asOf: query.asOf },
        }
      },
    )
  }

  /** @throws UnavailableError */
  async trending(query: TrendingQuery): Promise<TrendingAnswer> {
    const reader = this.#reader(query.view.name)
    const plan = planOf(reader.cells.sizes, [query.current, ...query.hours])
    return reader.read({ dimensions: dimensionsOf(query), blocks: plan.blocks }, (sources) => {
      const { layer, ...ranked } = trendingRows(query, plan, sources, this.#matcher(sources, query.filters))
      return {
        view: query.view.name,
        measure: query.measure,
        groupBy: query.groupBy.map((position) => query.view.dimensions[position]?.name ?? ''),
        from: iso(query.current.startMs),
        to: iso(query.current.endMs),
        ...ranked,
        provenance: this.#provenance(reader, sources, layer ? [{ ...query.current, layer }] : [], query.current),
      }
    })
  }

  /**
   * Every cell of a view at its finest window, with one prefix: what a recount is compared with. The cells are taken in
   * one step and encoded while they are walked.
   * @throws UnavailableError
   */
  async whole(
    view: string,
  ): Promise<{ readonly provenance: Provenance; readonly total: number; readonly cells: Iterable<WholeCell> }> {
    const reader = this.#reader(view)
    const { cells } = reader
    const all = cells.view.dimensions.map((_, position) => position)
    for (;;) {
      const { batch } = cells
      const { version } = batch
      const days = await reader.readAll()
      const taken = await reader.read({ dimensions: all, blocks: [], range: EVER }, (sources) => {
        if (cells.batch !== batch || batch.version !== version) return null
        const windows = new Map<number, CellTable>()
        const into = (windowStartMs: number, table: CellTable) => {
          const merged = getOrMake(windows, windowStartMs, () => new CellTable(sources.shape, table.size))
          merged.addAll(table, (id) => id)
        }
        for (const day of days) for (const [start, table] of day) into(start, table)
        for (const epoch of sources.hot) for (const [start, table] of epoch.windows) into(start, table)
        return { windows, provenance: this.#provenance(reader, sources, [], EVER), tuples: sources.grouping.groups }
      })
      if (!taken) continue
      const total = [...taken.windows.values()].reduce((sum, table) => sum + table.size, 0)
      return { provenance: taken.provenance, total, cells: walk(reader, taken.windows, taken.tuples) }
    }
  }

  #read<T>(
    reader: ViewReader,
    asOf: readonly string[],
    options: ReadOptions,
    take: (sources: Sources) => T,
  ): Promise<T> {
    return asOf.length === 0 ? reader.read(options, take) : this.#asOf.read(reader, asOf, options, take)
  }

  #reader(view: string): ViewReader {
    const reader = this.deps.readers.views.get(view)
    if (!reader) throw new Error(`there is no view "${view}"`)
    return reader
  }

  #matcher(sources: Sources, filters: readonly Filter[]): Matcher | null {
    return filters.length === 0 ? null : this.#matchers.of(sources.grouping, filters)
  }

  #provenance(
    reader: ViewReader,
    { bases, tiers, hot, nowMs }: Sources,
    windows: readonly (Window & { layer: Layer })[],
    range: Window,
  ): Provenance {
    const { parity, health, readers, idleAfterMs } = this.deps
    return provenanceOf({
      view: reader.view.name,
      bases,
      windows,
      nowMs,
      latenessOf: (stream) => readers.streams.get(stream)?.definition.allowedLatenessMs ?? 0,
      idle: (stream, partition, state) =>
        nowMs - (state?.last?.timeMs ?? 0) > idleAfterMs && health.caughtUp(stream, partition),
      tiers: tierParts(withHot(tiers, reader.view, hot, range), hot, range, reader.cells.finestMs),
      parityOf: (stream) => parity.summary(stream, reader.view.name),
      restating: readers.restating(reader.view),
    })
  }
}

function* walk(
  reader: ViewReader,
  windows: ReadonlyMap<number, CellTable>,
  tuples: Sources['grouping']['groups'],
): Generator<WholeCell> {
  const { view } = reader
  for (const start of [...windows.keys()].sort((a, b) => a - b)) {
    const table = windows.get(start) as CellTable
    for (let slot = 0; slot < table.size; slot++) {
      const registers = table.registersAt(slot)
      yield {
        key: cellKey(start, tuples.at(table.idAt(slot))),
        registers: encodeRegisters(view.registers, registers),
        measures: finish(view, registers),
      }
    }
  }
}

/** Equal names, equal questions about equal windows. */
function nameOf({ view, windows, groupBy, filters, order, limit, split }: ViewQuery): string {
  const { fromMs, toMs } = bounds(windows)
  const by = order.map(({ by: field, descending }) => [field, descending])
  return JSON.stringify([
    view.name,
    fromMs,
    toMs,
    windows.length,
    groupBy,
    filters.map(({ text }) => text),
    by,
    limit,
    split,
  ])
}

function dimensionsOf({
  groupBy,
  filters,
}: {
  readonly groupBy: readonly number[]
  readonly filters: readonly Filter[]
}): number[] {
  return [...groupBy, ...filters.map((filter) => filter.dimension)]
}

function bounds(windows: readonly Window[]): { fromMs: number; toMs: number } {
  return { fromMs: (windows[0] as Window).startMs, toMs: (windows.at(-1) as Window).endMs }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
