import type { EncodedCell } from '../../core/cell/cell.js'
import type { ColdCopy, SegmentTiers } from '../../core/seam/cold-copy.js'
import type { RestatementProgress } from '../../core/seam/restatement-progress.js'
import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot, SnapshotReason } from '../../core/seam/snapshot.js'
import type { SnapshotDiff } from '../../core/seam/snapshot-diff.js'

/** The only truth about what is in force for a stream. */
export interface Pointer {
  readonly stream: string
  readonly snapshot: string
  readonly sequence: number
}

/** Comparison of the two layers for one partition and one published range of epochs. */
export interface ParityResult {
  readonly stream: string
  readonly view: string
  readonly partition: number
  /** Epochs [fromEpoch, toEpoch). */
  readonly fromEpoch: number
  readonly toEpoch: number
  readonly outcome: 'equal' | 'different' | 'uncompared'
  /** Why uncompared, or the first difference; null when equal. */
  readonly reason: string | null
  readonly cellsCompared: number
  readonly cellsDifferent: number
  readonly comparedAtMs: number
}

/** What one partition and epoch contained, as the batch layer counted it. */
export interface LedgerEntry {
  readonly stream: string
  readonly partition: number
  readonly epoch: number
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
  readonly lost: number
  /** to − from − read: hidden offsets and ticks. */
  readonly rest: number
  readonly reasons: Readonly<Record<string, number>>
}

/** Fixed when a stream is first started. */
export interface StreamSettings {
  readonly stream: string
  readonly epochMs: number
  readonly createdAtMs: number
}

/** The definitions behind a keyspace of hot state, kept so that they can be computed after a pipeline has changed. */
export interface StoredViewSet {
  readonly viewSet: string
  readonly stream: string
  /** As `writeViewSet` makes it. */
  readonly definitions: string
  /** When the youngest process that was started with them was, UTC ms: of several view sets of a stream the last one is meant. */
  readonly deployedAtMs: number
  /** When a process last said that it runs by them, UTC ms. */
  readonly usedAtMs: number
}

/** What became of a snapshot that was not published at once. */
export const HELD_STATES = ['held', 'published', 'rejected'] as const
export type HeldState = (typeof HELD_STATES)[number]

/**
 * A restatement and what it changes. One that would change more than the limit allows waits for a person; one that was
 * published at once is kept beside its snapshot for its comparison.
 */
export interface HeldSnapshot {
  /** Of the snapshot as it would have been published. */
  readonly id: string
  readonly stream: string
  readonly reason: SnapshotReason
  readonly state: HeldState
  /** Ids of the segments that are to be put in force, ascending. */
  readonly segments: readonly string[]
  /** What would change, compared with the snapshot then in force. */
  readonly diff: SnapshotDiff
  /** Why it is held, in words. */
  readonly because: readonly string[]
  readonly heldAtMs: number
  /** null while it is held. */
  readonly decidedAtMs: number | null
  /** The snapshot by which it was published; it has another id where another one was published meanwhile. */
  readonly published: string | null
}

/** MongoDB as Tandem uses it. */
export interface WarmStore {
  /** Stores the settings where the stream has none; returns those in force. */
  registerStream(settings: StreamSettings): Promise<StreamSettings>
  streams(): Promise<readonly StreamSettings[]>
  /**
   * Writes a segment's cells, by window and then by key, in buckets (one per event day and shard, ≤ 2,000 cells, ≤ 1 MB), then its
   * descriptor. Repeatable, and the same cells again repair what was lost of them. Returns the descriptor in force: where
   * the segment was written before with other cells, that one (sums of reals may differ in their last bits from run to
   * run), so publish what this returns.
   *
   * @param elsewhere what else is being written of the segment: the descriptor waits for it, and is not written if it fails
   */
  putSegment(segment: Segment, cells: readonly EncodedCell[], elsewhere?: Promise<unknown>): Promise<Segment>
  segment(id: string): Promise<Segment | null>
  /**
   * Cells of one segment whose window starts in the UTC days [fromDay, toDay] (yyyymmdd, inclusive; undefined: all), by
   * window and then by key.
   * @throws CellsMissingError where the segment is not whole
   */
  cells(segmentId: string, days?: { fromDay: number; toDay: number }): Promise<readonly EncodedCell[]>
  /**
   * Cells of several stored segments in one UTC day (yyyymmdd), a list each in their order, by few requests.
   * @throws CellsMissingError where one is not whole
   */
  cellsOfDay(segments: readonly Segment[], day: number): Promise<readonly (readonly EncodedCell[])[]>
  /** Where segments' cells lie beside MongoDB, by the segment's id; those that lie nowhere else are left out. */
  tiers(segments: readonly Pick<Segment, 'id' | 'checksum'>[]): Promise<ReadonlyMap<string, SegmentTiers>>
  /** Names a segment's cold copy; one that is named already stays. */
  putCold(segment: Pick<Segment, 'id' | 'checksum'>, cold: ColdCopy): Promise<SegmentTiers>
  /**
   * Removes a segment's cells of the UTC days before `beforeDay` (yyyymmdd). `tiers` says so before they are gone. Repeatable.
   * @throws Error where the segment has no cold copy
   */
  dropDays(segment: Segment, beforeDay: number): Promise<void>
  pointer(stream: string): Promise<Pointer | null>
  /** Null also where retention has removed it. */
  snapshot(id: string): Promise<Snapshot | null>
  /** Those that were in force, newest first; segments are grouped by view. */
  snapshots(stream: string, limit: number): Promise<readonly Snapshot[]>
  /**
   * Stores the snapshot and moves the pointer in one compare-and-set on `snapshot.base`; `validateSnapshot` runs inside.
   * @throws SnapshotConflictError where another snapshot is in force
   */
  publish(snapshot: Snapshot): Promise<void>
  /** Stores a held snapshot where there is none of its id; returns the one stored. */
  putHeld(held: HeldSnapshot): Promise<HeldSnapshot>
  held(id: string): Promise<HeldSnapshot | null>
  /** Newest first. */
  heldSnapshots(filter: { stream?: string; state?: HeldState; limit: number }): Promise<readonly HeldSnapshot[]>
  /** Decides one that is held; what was decided before stays. Returns it as it is then, null where there is none. */
  decideHeld(
    id: string,
    decision: Pick<HeldSnapshot, 'decidedAtMs' | 'published'> & { readonly state: 'published' | 'rejected' },
  ): Promise<HeldSnapshot | null>
  /** Stores the definitions where there are none of that name; the times only ever rise. */
  putViewSet(set: StoredViewSet): Promise<void>
  viewSet(name: string): Promise<StoredViewSet | null>
  /** Name of the stream's view set that was deployed last; null where none is stored. */
  lastDeployed(stream: string): Promise<string | null>
  /** Replaces the stream's. */
  putRestatement(restatement: RestatementProgress): Promise<void>
  /** The stream's last one; null where there never was any. */
  restatement(stream: string): Promise<RestatementProgress | null>
  putParity(results: readonly ParityResult[]): Promise<void>
  /** Newest first. */
  parity(filter: { stream?: string; view?: string; limit: number }): Promise<readonly ParityResult[]>
  putLedger(entries: readonly LedgerEntry[]): Promise<void>
  ledger(filter: {
    stream?: string
    fromEpoch?: number
    toEpoch?: number
    limit: number
  }): Promise<readonly LedgerEntry[]>
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Thrown when a publish was built on a snapshot that is no longer in force; callers build again. Likely causes:
 * - another run published meanwhile (a backfill beside the hourly seal)
 * - someone rolled back to an earlier snapshot
 */
export class SnapshotConflictError extends Error {
  override readonly name = 'SnapshotConflictError'
  constructor(
    readonly stream: string,
    readonly base: string | null,
    readonly current: string | null,
  ) {
    super(`stream "${stream}": publish was built on snapshot ${base}, but ${current} is in force`)
  }
}
