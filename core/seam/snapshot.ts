import type { Boundary } from './boundary.js'
import type { ImportedFile } from './import-range.js'
import type { Segment } from './segment.js'

/**
 * Why a snapshot was published: epochs were sealed, segments computed again on request, an older snapshot came back, the
 * weekly refresh compacted the history, a changed definition restated it, or a file was
 * imported.
 */
export const SNAPSHOT_REASONS = ['seal', 'backfill', 'rollback', 'refresh', 'restate', 'import'] as const
export type SnapshotReason = (typeof SNAPSHOT_REASONS)[number]

/** A view as a snapshot serves it. */
export interface SnapshotView {
  readonly name: string
  /** Only segments of this hash are in the snapshot. */
  readonly hash: string
  /** True while its segments do not cover all of [first, boundary): the view cannot be answered yet. */
  readonly building: boolean
}

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
  /** Where each partition's first manifest began; without it a view whose old segments are gone would look whole. */
  readonly first: Boundary
  readonly boundary: Boundary
  /** Every view fed by the stream, its ledger included, by name ascending. */
  readonly views: readonly SnapshotView[]
  /** Imported files, by sha256 ascending: never fewer than in the base. Every view that is not building holds all their rows. */
  readonly imports: readonly ImportedFile[]
  /** Per view and partition they tile [first, boundary) without gap or overlap, unless the view is building. */
  readonly segments: readonly Segment[]
}
