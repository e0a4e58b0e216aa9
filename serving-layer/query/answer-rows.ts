import type { ViewDefinition } from '../../core/define/view-definition.js'
import { finish, type MeasureValue } from '../../core/measure/finish.js'
import type { CellTable } from '../merge/cell-table.js'
import type { Grouping } from '../merge/grouping.js'
import type { Sources } from '../read/view-reader.js'
import type { Matcher } from './matcher.js'
import { type Layer, mergeSpan } from './merge-span.js'
import { ParameterError } from './parameter-error.js'
import type { Plan, Span } from './plan.js'
import { shownScalar } from './scalar-text.js'
import type { Window } from './time-range.js'
import { type Candidate, type MergedWindow, topRows } from './top-rows.js'
import type { ViewQuery } from './view-query.js'

/**
 * One row: `window` (its start, ISO 8601 in UTC), the dimensions asked for, every measure; with `split=layer` also
 * `layers: { batch, speed }`, each the measures of that layer alone or null.
 */
export type AnswerRow = { readonly window: string } & { readonly [field: string]: unknown }

export interface AnsweredWindow extends Window {
  readonly layer: Layer
}

export interface AnswerRows {
  readonly rows: readonly AnswerRow[]
  /** Rows there were before `limit`. */
  readonly total: number
  /** Windows that have rows, ascending. */
  readonly windows: readonly AnsweredWindow[]
}

/** Rows that one request may have merged. */
const MAX_MERGED_ROWS = 250_000

/** Merges both layers' cells into the rows of an answer; runs without waiting. */
export function answerRows(query: ViewQuery, plan: Plan, sources: Sources, matcher: Matcher | null): AnswerRows {
  const out = sources.groupings.by(query.groupBy)
  const idOf = sources.groupings.between(sources.grouping, out)
  const windows: MergedWindow[] = []
  let total = 0
  query.windows.forEach((window, i) => {
    const merged = mergeSpan({ plan, sources, matcher, idOf, split: query.split }, plan.spans[i] as Span)
    if (!merged) return
    windows.push({ ...merged, window })
    total += merged.all.size
    if (total > MAX_MERGED_ROWS) throw tooMany(query)
  })
  return {
    rows: topRows(query.view, windows, out, query.order, query.limit).map((candidate) => rowOf(query, candidate, out)),
    total,
    windows: windows.map(({ window, layer }) => ({ ...window, layer })),
  }
}

function tooMany({ view, groupBy }: ViewQuery): ParameterError {
  const names = groupBy.map((at) => view.dimensions[at]?.name).join(',')
  const expected = `at most ${MAX_MERGED_ROWS} rows before "limit" is applied: fewer dimensions, a filter, longer windows or a shorter range`
  return new ParameterError('groupBy', names, expected)
}

function rowOf(query: ViewQuery, { merged, slot }: Candidate, out: Grouping): AnswerRow {
  const { view } = query
  const id = merged.all.idAt(slot)
  const row: Record<string, unknown> = { window: new Date(merged.window.startMs).toISOString() }
  showGroup(row, view, query.groupBy, out, id)
  Object.assign(row, finish(view, merged.all.registersAt(slot)))
  if (merged.parts)
    row.layers = { batch: partOf(view, merged.parts.batch, id), speed: partOf(view, merged.parts.speed, id) }
  return row as AnswerRow
}

/** Writes a group's dimensions into a row, in the order asked for. */
export function showGroup(
  row: Record<string, unknown>,
  view: ViewDefinition,
  groupBy: readonly number[],
  out: Grouping,
  id: number,
): void {
  const values = out.groups.at(id)
  for (const position of groupBy) {
    const dimension = view.dimensions[position]
    if (dimension) row[dimension.name] = shownScalar(values[out.dimensions.indexOf(position)] ?? null, dimension.type)
  }
}

function partOf(view: ViewDefinition, part: CellTable, id: number): Readonly<Record<string, MeasureValue>> | null {
  const slot = part.slotOf(id)
  return slot < 0 ? null : finish(view, part.registersAt(slot))
}
