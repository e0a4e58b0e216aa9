import { windowStart } from '../../core/time/window-start.js'
import { breathe } from './breathe.js'
import type { CellTable } from './cell-table.js'
import { getOrMake } from './get-or-make.js'
import type { Grouping } from './grouping.js'
import type { SegmentDay } from './segment-cache.js'

/** A block that is merged and held. */
export interface Kept {
  readonly table: CellTable
  usedAtMs: number
}

/** Rows merged without letting other work in: a few milliseconds. */
const SLICE_ROWS = 20_000

/** Copies of the blocks that new rows touch, with those rows merged in. */
export async function extendBlocks(
  blocks: ReadonlyMap<number, Kept>,
  grouping: Grouping,
  sizeMs: number,
  days: readonly SegmentDay[],
): Promise<ReadonlyMap<number, CellTable>> {
  const extended = new Map<number, CellTable>()
  let rows = 0
  for (const day of days) {
    for (const [window, cells] of day) {
      const start = windowStart(window, sizeMs)
      const held = blocks.get(start)
      if (!held) continue
      const table = getOrMake(extended, start, () => held.table.renamed((id) => id))
      table.addAll(cells, grouping.of)
      rows += cells.size
      if (rows > SLICE_ROWS) {
        rows = 0
        await breathe()
      }
    }
  }
  return extended
}
