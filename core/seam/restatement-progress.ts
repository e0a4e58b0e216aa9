/** How far a stream's changed views are: what is read to answer while the old ones still do. */
export interface RestatementProgress {
  readonly stream: string
  /** View set that answers until all is done. */
  readonly from: string
  /** View set that takes its place. */
  readonly to: string
  /** Names of the views that answer by another definition than is wanted, or not at all yet. */
  readonly views: readonly string[]
  /** Segments of them that are stored, and all that there will be. */
  readonly done: number
  readonly of: number
  /**
   * What is waited for: segments of the sealed history, or hot state, which has not read as far as that of the old ones.
   * null: it is done, and `to` answers.
   */
  readonly waitsFor: 'segments' | 'hot-state' | null
  /** Why it could not go on when it was last tried; null where it could. */
  readonly failure: string | null
  readonly startedAtMs: number
  readonly updatedAtMs: number
}
