import type { HotCell } from './hot-port.js'

/** Sizes of calls and replies. Redis does one thing at a time: what is too large holds everyone up. */
export const HOT_LIMITS = Object.freeze({
  /** Cells that one `apply` may write, or one reply may hold. */
  cells: 20_000,
  /** UTF-8 bytes of keys and registers that one `apply` may write, or one reply may hold. */
  bytes: 4_000_000,
  /** Ids that one `apply` may write; their bytes count to those of the cells. */
  ids: 20_000,
  /** What the feed of one partition keeps for followers, in units of `costOf`: about this many bytes. */
  feedCost: 16_000_000,
})

/** A cell counts as at least this much, so that the limit in bytes holds the one in cells too. */
const UNITS_PER_CELL = HOT_LIMITS.bytes / HOT_LIMITS.cells

/** One measure for both limits: at most `HOT_LIMITS.bytes` exactly where cells and bytes both keep their own. At least 1 cell's worth. */
export function costOf(cells: number, bytes: number): number {
  return Math.max(bytes, UNITS_PER_CELL * Math.max(cells, 1))
}

/** @throws RangeError where a delta is larger than one call may be */
export function checkSize(where: string, cells: readonly HotCell[], ids: number, bytes: number): void {
  if (cells.length > HOT_LIMITS.cells || ids > HOT_LIMITS.ids || bytes > HOT_LIMITS.bytes) {
    throw new RangeError(
      `${where}: a delta of ${cells.length} cells, ${ids} ids and ${bytes} bytes; at most ${HOT_LIMITS.cells} cells, ${HOT_LIMITS.ids} ids and ${HOT_LIMITS.bytes} bytes go in one call`,
    )
  }
}
