/** A segment's cells, merged to coarse windows, as a Parquet file in the lake. `file` is relative to the lake's root. */
export interface ColdCopy {
  readonly file: string
  readonly bytes: number
  /** Hex sha256 of the file. */
  readonly sha256: string
  /** Window size of the cells that answers are made of, ms. */
  readonly resolutionMs: number
  /** Number of those cells. */
  readonly cells: number
}

/** Where a segment's cells lie beside MongoDB. The copy never changes; `warmFrom` only rises. */
export interface SegmentTiers {
  readonly cold: ColdCopy
  /** UTC event day (yyyymmdd) from which MongoDB holds the cells at their finest window; before it the copy alone does. 0: all. */
  readonly warmFrom: number
}
