import type { Scalar } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { finish } from '../../core/measure/finish.js'
import type { Grouping } from '../merge/grouping.js'
import { compare } from './filter.js'
import type { MergedSpan } from './merge-span.js'
import type { OrderField } from './order.js'
import type { Window } from './time-range.js'

export interface MergedWindow extends MergedSpan {
  readonly window: Window
}

type OrderKey = Scalar | 'overflow'

/** One row before it is shown. */
export interface Candidate {
  readonly merged: MergedWindow
  readonly slot: number
  /** What the first field of the order compares; the others are looked up where the first are equal. */
  readonly key: OrderKey
}

/** The first `limit` rows in an order. Values that are missing or overflowed stand last in both directions. */
export function topRows(
  view: ViewDefinition,
  windows: readonly MergedWindow[],
  grouping: Grouping,
  order: readonly OrderField[],
  limit: number,
): readonly Candidate[] {
  // Where windows come first in the order, those beyond the limit need not be looked at.
  const byWindow = order[0]?.by.kind === 'window'
  const walk = byWindow && order[0]?.descending ? [...windows].reverse() : windows
  const first = order[0] as OrderField
  const reaches = byWindow ? () => true : threshold(view, walk, grouping, first, limit)
  const candidates: Candidate[] = []
  for (const merged of walk) {
    if (byWindow && candidates.length >= limit) break
    for (let slot = 0; slot < merged.all.size; slot++) {
      const key = keyOf(view, first, merged, slot, grouping)
      if (reaches(key)) candidates.push({ merged, slot, key })
    }
  }
  const later = order.slice(1)
  const byAll = (a: Candidate, b: Candidate): number => {
    const difference = compareKeys(first, a.key, b.key)
    if (difference !== 0) return difference
    for (const field of later) {
      const left = keyOf(view, field, a.merged, a.slot, grouping)
      const next = compareKeys(field, left, keyOf(view, field, b.merged, b.slot, grouping))
      if (next !== 0) return next
    }
    return 0
  }
  return candidates.sort(byAll).slice(0, limit)
}

/**
 * Tells rows that cannot be among the first `limit` by their first key alone, where enough rows have a number: of
 * thousands of words, twenty are then compared one by one.
 */
function threshold(
  view: ViewDefinition,
  windows: readonly MergedWindow[],
  grouping: Grouping,
  first: OrderField,
  limit: number,
): (key: OrderKey) => boolean {
  const total = windows.reduce((sum, { all }) => sum + all.size, 0)
  if (total <= limit) return () => true
  const numbers = new Float64Array(total)
  let count = 0
  for (const merged of windows) {
    for (let slot = 0; slot < merged.all.size; slot++) {
      const key = keyOf(view, first, merged, slot, grouping)
      if (typeof key === 'number') numbers[count++] = key
    }
  }
  if (count < limit) return () => true
  const sorted = numbers.subarray(0, count).sort()
  const last = sorted[first.descending ? count - limit : limit - 1] as number
  return first.descending
    ? (key) => typeof key === 'number' && key >= last
    : (key) => typeof key === 'number' && key <= last
}

function keyOf(
  view: ViewDefinition,
  { by, register }: OrderField,
  { window, all }: MergedWindow,
  slot: number,
  grouping: Grouping,
): OrderKey {
  if (by.kind === 'window') return window.startMs
  if (by.kind === 'dimension')
    return grouping.groups.at(all.idAt(slot))[grouping.dimensions.indexOf(by.position)] ?? null
  // A cell that counted an overflow may answer `overflow` instead of its number.
  if (register !== null && all.numberOf(slot, view.registers.length - 1) === 0) {
    const value = all.numberOf(slot, register)
    if (value !== undefined) return value
  }
  const value = finish(view, all.registersAt(slot))[by.name]
  const shown = by.part !== null && typeof value === 'object' && value !== null ? value[by.part] : value
  return typeof shown === 'number' || shown === 'overflow' ? shown : null
}

function compareKeys(field: OrderField, a: OrderKey, b: OrderKey): number {
  if (a === b) return 0
  const place = rank(field, a) - rank(field, b)
  if (place !== 0) return place
  const difference = compare(a, b)
  return field.descending ? -difference : difference
}

function rank(field: OrderField, key: OrderKey): number {
  if (key === null) return 2
  return key === 'overflow' && field.by.kind === 'measure' ? 1 : 0
}
