import { windowStart } from '../time/window-start.js'
import type { EncodedCell } from './cell.js'
import { windowOfKey, withWindow } from './cell-key.js'
import { createMerge, type Mergeable } from './merge-encoded.js'

/**
 * Merges cells into coarser windows; one cell per key, ordered by window, then by key.
 *
 * @param resolution the coarser size in ms, a whole multiple of the cells' own; or a function from a cell's window start to
 *   the coarser window's start, for days of a time zone.
 */
export function coarsen(
  view: Mergeable,
  cells: Iterable<EncodedCell>,
  resolution: number | ((windowStartMs: number) => number),
): EncodedCell[] {
  const coarser = typeof resolution === 'number' ? (start: number) => windowStart(start, resolution) : resolution
  const merge = createMerge(view)
  for (const { key, registers } of cells) merge.add(withWindow(key, coarser(windowOfKey(key))), registers)
  return merge.take()
}
