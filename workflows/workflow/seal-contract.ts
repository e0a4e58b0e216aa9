import type { Releases } from '../../core/seam/releases.js'
import type { BackfillChoice, BackfillState } from '../../core/seam/restatement.js'

/** Which epoch a run seals; every earlier unsealed one with it. */
export type EpochChoice =
  /** The one that had ended, with the margin, at the run's scheduled time. */
  | { readonly kind: 'scheduled'; readonly terms: EpochTerms }
  /** The last one that has ended, with the margin, now. */
  | { readonly kind: 'ended' }
  /** The one that is running: the run waits for its end and the margin. */
  | { readonly kind: 'running' }
  /** The one named; the run waits where it has not ended. */
  | { readonly kind: 'epoch'; readonly epoch: number }

/** What a stream's epochs are cut by; with it the scheduled time alone says the epoch. */
export interface EpochTerms {
  readonly pipeline: string
  /** Length of the stream's epochs, ms. */
  readonly epochMs: number
  /** How long after its end an epoch is sealed, ms; the schedule fires then. */
  readonly marginMs: number
}

/** The epoch that a run is about. */
export interface ResolvedEpoch extends EpochTerms {
  readonly epoch: number
  /** When it may be sealed, UTC ms, inclusive. */
  readonly dueMs: number
}

/** Input of the workflow `sealEpoch`. */
export interface SealInput {
  readonly stream: string
  /** `schedule`, or why somebody started it. */
  readonly reason: string
  readonly choice: EpochChoice
  /** What a person decided about the stream's log; absent where nothing. */
  readonly releases?: Releases
  /** Whether the custom search attributes are registered; the memo holds the same in any case. */
  readonly searchAttributes: boolean
}

/** Result of `sealEpoch`, per stream. */
export interface SealReport {
  readonly stream: string
  readonly pipeline: string
  readonly reason: string
  /** The epoch asked for. */
  readonly epoch: number
  /** Its start, `yyyyMMddTHHmmssZ`. */
  readonly epochStart: string
  /**
   * Epochs [fromEpoch, toEpoch) sealed by this run; equal where all were sealed already, or nothing was to be sealed.
   */
  readonly fromEpoch: number
  readonly toEpoch: number
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  /** Read = accepted + rejected + duplicates. */
  readonly duplicates: number
  /** Partitions that stay open. */
  readonly open: readonly number[]
  readonly segments: number
  readonly cells: number
  readonly parity: ParityCounts
  /** The snapshot in force afterwards; null where the stream has none. */
  readonly snapshot: string | null
}

export interface ParityCounts {
  readonly equal: number
  readonly different: number
  readonly uncompared: number
  readonly reasons: readonly string[]
}

/** Input of the workflow `backfill`. */
export interface BackfillInput {
  readonly stream: string
  readonly reason: string
  /** Inclusive. */
  readonly fromEpoch: number
  /** Exclusive. */
  readonly toEpoch: number
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string
  /** Which segments are computed. @default 'all' */
  readonly only?: BackfillChoice
  /** Only say what would be computed. */
  readonly dryRun?: boolean
  /** Steps that compute segments at once, 1 to 8. @default 1 */
  readonly concurrency?: number
  readonly searchAttributes: boolean
}

/** Result of `backfill`, per stream. */
export interface BackfillReport {
  readonly stream: string
  /** `cancelled` publishes nothing, and neither does `dry-run`; `held` waits for `tandem snapshots approve`. */
  readonly status: Exclude<BackfillState, 'running' | 'paused'>
  readonly fromEpoch: number
  readonly toEpoch: number
  /** Segments computed again. */
  readonly segments: number
  /** How many of them replaced another one; 0 where nothing changed. */
  readonly changed: number
  /** Views that were building and are whole now. */
  readonly completed: readonly string[]
  /** What was planned: segments that a view lacked, that were made of something else, and that were as they should be. */
  readonly missing: number
  readonly stale: number
  readonly fresh: number
  /** Records that were to be read, over all views. */
  readonly records: number
  readonly changedWindows: number
  /** Hex sha256 over the segments computed: the same files again, the same checksum. Empty where nothing was published or held. */
  readonly checksum: string
  /** Why it is held, in words. */
  readonly because: readonly string[]
  /** In force afterwards, or held. */
  readonly snapshot: string | null
}
