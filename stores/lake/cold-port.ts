import type { EncodedCell } from '../../core/cell/cell.js'
import type { ColdCopy } from '../../core/seam/cold-copy.js'
import type { Segment } from '../../core/seam/segment.js'

/** A segment's cells at coarse windows, each list by window and then by key. */
export interface ColdCells {
  /** Window size of `cells`, ms; it divides a day. */
  readonly resolutionMs: number
  readonly cells: readonly EncodedCell[]
  /** The same by whole days of the view's zone, for people who read the file; answers are made of `cells`. */
  readonly days: readonly EncodedCell[]
}

/**
 * The cold tier: one Parquet file per segment, `<stream>/cold/<view>/<segment>.<checksum>.parquet`, with columns `window`
 * (`1h`, `1d`, …), `day` (UTC, yyyymmdd), `start` (UTC timestamp), `key` and `registers` as everywhere, and the segment's
 * descriptor in the file's own metadata under `segment`.
 */
export interface ColdStore {
  /** Writes a segment's copy under a temporary name, then names it; where one is there, that one stays and is returned. */
  write(segment: Segment, cells: ColdCells): Promise<ColdCopy>
  /**
   * Cells of a copy whose window starts in a UTC day (yyyymmdd), by window and then by key.
   * @throws ColdFileError where the file is not the one that was written
   */
  read(copy: ColdCopy, day: number): Promise<readonly EncodedCell[]>
  /** @throws ColdFileError where the file is missing, or differs in size or sha256 */
  check(copy: ColdCopy): Promise<void>
  /** Removes files of a stream that are not `named` (paths as in `ColdCopy`) and are older than `olderThanMs`. Returns how many. */
  sweep(stream: string, named: ReadonlySet<string>, nowMs: number, olderThanMs: number): Promise<number>
  close(): Promise<void>
}
