import type { BackfillScope } from '../../batch-layer/backfill/backfill-pieces.js'
import type { BackfillPlan, PieceRange } from '../../batch-layer/backfill/plan-backfill.js'
import type { GatedPublish } from '../../batch-layer/restate/publish-recomputed.js'
import type { RestatedStream } from '../../batch-layer/restate/restate-stream.js'
import type { BackfillState, SnapshotAction } from '../../core/seam/restatement.js'

/** Steps that replace published history or decide about it. */
export interface RestateActivities {
  planBackfill(input: { readonly stream: string; readonly scope: BackfillScope }): Promise<BackfillPlan>
  /** Ids of the segments computed. */
  computePieces(input: {
    readonly stream: string
    readonly scope: BackfillScope
    readonly base: string | null
    readonly pieces: PieceRange
  }): Promise<readonly string[]>
  /** Behind the diff gate. */
  publishRestated(input: {
    readonly stream: string
    readonly base: string | null
    readonly viewSet: string
    readonly segments: readonly string[]
  }): Promise<RestatedPublish>
  /** Whether others than today's definitions are in force; hot state of still earlier ones is dropped a day after its last use. */
  definitionsChanged(input: { readonly stream: string }): Promise<boolean>
  /** Puts changed definitions in force where they can be. */
  restateStream(input: { readonly stream: string }): Promise<RestatedStream>
  decideSnapshot(input: { readonly action: SnapshotAction; readonly snapshot: string }): Promise<DecidedSnapshot>
}

export interface RestatedPublish extends GatedPublish {
  /** Hex sha256 over the segments that were computed. */
  readonly checksum: string
}

export interface DecidedSnapshot {
  readonly stream: string
  readonly pipeline: string
  readonly state: 'published' | 'rejected'
  /** The snapshot that was published; null where one was rejected. */
  readonly snapshot: string | null
}

/** Input of the workflow `decideSnapshot`. */
export interface DecideInput {
  readonly action: SnapshotAction
  readonly snapshot: string
  readonly reason: string
  readonly searchAttributes: boolean
}

/** Input of the workflow `restate`. */
export interface RestateInput {
  readonly stream: string
  readonly pipeline: string
  readonly reason: string
  readonly searchAttributes: boolean
}

/** How far a backfill has come. */
export interface BackfillProgress {
  readonly state: BackfillState
  /** Segments computed. */
  readonly done: number
  readonly of: number
}
