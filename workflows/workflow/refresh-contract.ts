import type { RefreshPlan } from '../../batch-layer/refresh/plan-refresh.js'
import type { GatedPublish } from '../../batch-layer/restate/publish-recomputed.js'
import type { RecomputeWork } from '../../batch-layer/restate/recompute-stream.js'
import type { SourceReport } from '../../batch-layer/sources/source-report.js'
import type { RetentionOutcome, RunReport } from '../../stores/warm/run-reports.js'

/** Input of the workflow `weeklyRefresh`. */
export interface RefreshInput {
  /** Only this pipeline; null: all of them. */
  readonly pipeline: string | null
  /** `schedule`, or why somebody started it. */
  readonly reason: string
  /**
   * The instant that the interval ends at, UTC ms. null: the time that the schedule meant; for a run that somebody
   * started, its start.
   */
  readonly scheduledMs: number | null
  /** Waits until what the sources brought to the streams is sealed, so that the recomputed history holds it. */
  readonly wait: boolean
  /** Whether the custom search attributes are registered; the memo holds the same in any case. */
  readonly searchAttributes: boolean
}

/** Input of the workflow `retain`. */
export interface RetainInput {
  /** Only this pipeline; null: all of them. */
  readonly pipeline: string | null
  /** Only says what would move or go. */
  readonly dryRun: boolean
  readonly reason: string
  readonly searchAttributes: boolean
}

/** What a collection's rebuild gave. */
export interface RebuiltCollection {
  readonly generation: string
  readonly loaded: number
  readonly checksum: string
}

/** The steps of the refresh as Temporal runs them. Each may be repeated; what they pass on are references, never rows. */
export interface RefreshActivities {
  planRefresh(input: { readonly pipeline: string | null; readonly scheduledMs: number }): Promise<RefreshPlan>
  /** Crawl, land, clean, load. What a source or its provider does wrong is in the report. */
  runSource(input: {
    readonly source: string
    readonly run: string
    readonly scheduledMs: number
  }): Promise<SourceReport>
  /** A stream's whole history, compacted. */
  recomputeStream(input: { readonly stream: string }): Promise<RecomputeWork>
  /** Compare, then publish or hold. */
  publishRecomputed(input: { readonly stream: string; readonly work: RecomputeWork }): Promise<GatedPublish>
  /** A collection that a stream feeds, from the lake. */
  rebuildCollection(input: { readonly collection: string; readonly run: string }): Promise<RebuiltCollection>
  /** Moves what is old to the next tier and removes what nothing that is kept needs; `dryRun` only says what of the tiers would go. */
  retain(input: { readonly streams: readonly string[]; readonly dryRun?: boolean }): Promise<RetentionOutcome>
  putRun(input: { readonly report: RunReport }): Promise<void>
  /** Tells Slack, where that is configured. */
  notifyRun(input: { readonly report: RunReport }): Promise<void>
}
