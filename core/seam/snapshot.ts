import type { Boundary } from './boundary.js'
import type { Segment } from './segment.js'

/** Why a snapshot was published. */
export type SnapshotReason = 'seal' | 'backfill' | 'rollback'

/** Per stream: the segments in force and where they end. Immutable; a reader sees exactly one. */
export interface Snapshot {
  readonly id: string
  readonly stream: string
  /** 1, 2, 3 …; the compare-and-set is on it. */
  readonly sequence: number
  /** The snapshot that it was built on; null for the first. */
  readonly base: string | null
  readonly reason: SnapshotReason
  readonly publishedAtMs: number
  readonly epochMs: number
  readonly boundary: Boundary
  /** Segments of every view fed by the stream, its ledger included. Per view and partition they tile [first, boundary). */
  readonly segments: readonly Segment[]
}
