import type { PartitionBoundary } from './boundary.js'
import type { ImportRange } from './import-range.js'

/** The records of one partition in a segment: [from, to) in offsets, and the epochs [from.epoch, to.epoch). */
export interface SegmentRange {
  readonly partition: number
  readonly from: PartitionBoundary
  readonly to: PartitionBoundary
}

/** Cells of one view contributed by one stream over a range of sealed epochs. Immutable; `id` is a hash of view hash and inputs. */
export interface Segment {
  readonly id: string
  readonly view: string
  readonly viewHash: string
  readonly stream: string
  readonly ranges: readonly SegmentRange[]
  /** Where it was made of an imported file's rows, which then have no partition: `ranges` is empty. */
  readonly imported?: ImportRange | undefined
  /** Number of cells at the view's finest window. */
  readonly cells: number
  /** UTC event days (yyyymmdd as a number, of the window's start) that have cells, ascending. */
  readonly days: readonly number[]
  /** Hex sha256 over the cells sorted by key: equal cells, equal checksum. */
  readonly checksum: string
}
