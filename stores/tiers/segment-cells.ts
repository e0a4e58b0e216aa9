import type { EncodedCell } from '../../core/cell/cell.js'
import type { Segment } from '../../core/seam/segment.js'
import type { ColdStore } from '../lake/cold-port.js'
import { CellsMissingError } from '../warm/cells-missing-error.js'
import type { WarmStore } from '../warm/warm-port.js'

/** Cells of a segment whose windows start in one UTC event day, by window and then by key. */
export interface CellsOfDay {
  readonly tier: 'warm' | 'cold'
  /** Window size of the cells, ms; null: the view's finest. */
  readonly resolutionMs: number | null
  readonly cells: readonly EncodedCell[]
}

/** Reads segments day by day, from the finest tier that still has them. */
export interface SegmentCells {
  /** @param day UTC, yyyymmdd. @throws Error where no tier has the day */
  read(segment: Segment, day: number): Promise<CellsOfDay>
}

/** @param cold null: there is no cold tier, as in some tests */
export function segmentCells(
  warm: Pick<WarmStore, 'cells' | 'tiers'>,
  cold: Pick<ColdStore, 'read'> | null,
): SegmentCells {
  return {
    async read(segment, day) {
      try {
        const cells = await warm.cells(segment.id, { fromDay: day, toDay: day })
        return { tier: 'warm', resolutionMs: null, cells }
      } catch (missing) {
        // retention says where cells are before it removes them, so asking now is never too early
        if (!(missing instanceof CellsMissingError)) throw missing
        const tiers = (await warm.tiers([segment])).get(segment.id)
        if (tiers === undefined || day >= tiers.warmFrom || cold === null) throw missing
        return { tier: 'cold', resolutionMs: tiers.cold.resolutionMs, cells: await cold.read(tiers.cold, day) }
      }
    },
  }
}
