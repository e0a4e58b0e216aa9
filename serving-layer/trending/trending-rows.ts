import { finish } from '../../core/measure/finish.js'
import { CellTable } from '../merge/cell-table.js'
import { showGroup } from '../query/answer-rows.js'
import type { Matcher } from '../query/matcher.js'
import { mergeMatching, mergeSpan } from '../query/merge-span.js'
import type { Plan, Span } from '../query/plan.js'
import type { Sources } from '../read/view-reader.js'
import { CURRENT_MS, type TrendingQuery } from './trending-query.js'

/** A group by how far its current rate stands out from its own past. */
export type TrendingRow = {
  readonly current: number
  /** What the same hour of the week brought in five minutes, in the mean over the earlier weeks; null where history is short. */
  readonly expected: number | null
  /** (current − expected) / √(expected + 1); the current rate itself where history is short. */
  readonly score: number
} & { readonly [dimension: string]: unknown }

export interface TrendingRows {
  readonly rows: readonly TrendingRow[]
  /** Groups there were before `limit`. */
  readonly total: number
  /** Earlier weeks in whose hour the view had any cell. */
  readonly weeks: number
  readonly history: 'full' | 'short'
  readonly layer: 'batch' | 'speed' | 'both' | null
}

/** Ranks the current groups against the segments' history; runs without waiting. `plan` holds the current span, then the hours. */
export function trendingRows(
  query: TrendingQuery,
  plan: Plan,
  sources: Sources,
  matcher: Matcher | null,
): TrendingRows {
  const out = sources.groupings.by(query.groupBy)
  const idOf = sources.groupings.between(sources.grouping, out)
  const current = mergeSpan({ plan, sources, matcher, idOf, split: false }, plan.spans[0] as Span)
  const past = new CellTable(sources.shape)
  let weeks = 0
  for (const span of plan.spans.slice(1)) {
    let seen = false
    for (let at = span.from; at < span.to; at++) {
      const block = sources.batch[at]
      if (!block) continue
      // An hour without any cell was not watched (or before the beginning): it is no evidence of silence.
      seen = true
      mergeMatching(past, block, matcher, idOf)
    }
    if (seen) weeks++
  }
  const short = weeks === 0
  const scale = short ? 0 : CURRENT_MS / 3_600_000 / weeks
  const ranked: { id: number; key: string; current: number; expected: number; score: number }[] = []
  for (let slot = 0; slot < (current?.all.size ?? 0); slot++) {
    const table = current?.all as CellTable
    const id = table.idAt(slot)
    const now = numberIn(query, table, slot)
    if (now === null) continue
    const before = past.slotOf(id)
    const expected = before < 0 ? 0 : (numberIn(query, past, before) ?? 0) * scale
    const score = short ? now : (now - expected) / Math.sqrt(expected + 1)
    ranked.push({ id, key: JSON.stringify(out.groups.at(id)), current: now, expected, score })
  }
  ranked.sort((a, b) => b.score - a.score || b.current - a.current || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const rows = ranked.slice(0, query.limit).map(({ id, current: now, expected, score }) => {
    const row: Record<string, unknown> = {}
    showGroup(row, query.view, query.groupBy, out, id)
    return Object.assign(row, { current: now, expected: short ? null : expected, score }) as TrendingRow
  })
  return { rows, total: ranked.length, weeks, history: short ? 'short' : 'full', layer: current?.layer ?? null }
}

/** The measure's number; null where it overflowed. */
function numberIn(query: TrendingQuery, table: CellTable, slot: number): number | null {
  const value = finish(query.view, table.registersAt(slot))[query.measure]
  return typeof value === 'number' ? value : null
}
