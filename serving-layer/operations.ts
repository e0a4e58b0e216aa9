import type { BackfillChoice, BackfillOrder, SnapshotAction } from '../core/seam/restatement.js'

/**
 * What people do through the API beside asking: restate history, and decide about what is published. Whoever composes the
 * layers carries it out; here it is only asked for.
 */
export interface Operations {
  /** Returns the run's id at once. */
  startBackfill(asked: BackfillRequest): Promise<string>
  /** Newest first. */
  backfills(filter: { readonly stream?: string; readonly limit: number }): Promise<readonly BackfillShown[]>
  /** Null where there is none of that id. */
  backfill(run: string): Promise<BackfillShown | null>
  /** @throws OperationRefusedError where there is none that is running */
  orderBackfill(run: string, order: BackfillOrder): Promise<BackfillCount>
  /** @throws OperationRefusedError where that cannot be, in words; later, from `result` */
  decideSnapshot(action: SnapshotAction, snapshot: string, reason: string): Promise<StartedDecision>
}

export interface BackfillRequest {
  readonly stream: string
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string
  /** Inclusive; everything that is published where it is absent. */
  readonly fromEpoch?: number
  /** Exclusive. */
  readonly toEpoch?: number
  readonly only: BackfillChoice
  readonly dryRun: boolean
  readonly concurrency: number
}

/** How far it has come: segments computed, of those to be computed. */
export interface BackfillCount {
  readonly state: string
  readonly done: number
  readonly of: number
}

export interface BackfillShown extends BackfillCount {
  readonly run: string
  readonly stream: string
  readonly view: string | null
  readonly startedMs: number
  /** Null while it is running. */
  readonly endedMs: number | null
  /** Further members as they are: what was chosen, the report of one that has ended, the problem of one that failed. */
  readonly [member: string]: unknown
}

export interface StartedDecision {
  readonly run: string
  result(): Promise<{ readonly stream: string; readonly state: string; readonly snapshot: string | null }>
}

/** Thrown where what was asked for cannot be done as things stand; becomes a 409. */
export class OperationRefusedError extends Error {
  override readonly name = 'OperationRefusedError'
}
