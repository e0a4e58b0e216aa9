/** What the seam needs to know about a partition's hot state; stores/hot's `HotState` is one. */
export interface HotPosition {
  /** Next offset to read: delivered records in [since, next) are in the cells, unless below the floor. */
  readonly next: number
  /** Epochs below it were dropped or never filled. */
  readonly floor: number
  /** Offset where this hot state began. */
  readonly since: number
}
