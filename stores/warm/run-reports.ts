/** How a run of the refresh stands or ended. */
export const RUN_STATUSES = ['running', 'published', 'held', 'failed'] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

/** What went wrong with a source, in words. */
export interface RunProblem {
  readonly kind: string
  readonly message: string
  /** The piece of data that it is about. */
  readonly example: string | null
}

/** What became of one source. */
export interface SourceOutcome {
  readonly name: string
  readonly status: 'ok' | 'partial' | 'failed'
  /** Pages in the run's landing. */
  readonly landed: number
  /** Items that the pages told. */
  readonly read: number
  /** Items that were new or changed. */
  readonly loaded: number
  readonly unchanged: number
  /** Documents that a collection's schema refused. */
  readonly rejected: number
  /** Hex sha256 over the items: equal pages, equal checksum. Empty where nothing was read. */
  readonly checksum: string
  readonly errors: readonly RunProblem[]
  /** UTC ms from which the provider gives more; null where it gave all. */
  readonly resumesAtMs: number | null
  readonly seconds: number
}

/** What became of one stream's history. */
export interface StreamOutcome {
  readonly stream: string
  readonly status: 'published' | 'held' | 'unchanged' | 'failed'
  /** In force afterwards, or held; null where the stream has none. */
  readonly snapshot: string | null
  readonly views: number
  /** Records that the segments are made of. */
  readonly records: number
  readonly segments: number
  /** Segments that were not stored before; 0 where the run repeats another one. */
  readonly computed: number
  readonly cells: number
  readonly changedWindows: number
  /** Hex sha256 over the segments' cells: equal inputs, equal checksum. Empty where nothing was computed. */
  readonly checksum: string
  /** Why it is held. */
  readonly because: readonly string[]
  /** Why it failed; null where it did not. */
  readonly error: string | null
  readonly seconds: number
}

/** What became of a collection that a stream feeds. */
export interface CollectionOutcome {
  readonly collection: string
  readonly status: 'rebuilt' | 'failed'
  readonly generation: string | null
  readonly loaded: number
  /** Hex sha256 over the documents in the order of their ids. Empty where it failed. */
  readonly checksum: string
  readonly error: string | null
  readonly seconds: number
}

/** What was removed because nothing that is kept needs it. */
export interface RetentionOutcome {
  readonly snapshots: number
  /** Segments' cells in MongoDB. */
  readonly segments: number
  /** Segments' documents in Elasticsearch. */
  readonly searchSegments: number
  /** Files in the lake that no manifest names, and cold copies of segments that are gone. */
  readonly partFiles: number
  /** Segments whose cells of old days went from MongoDB to the cold tier. */
  readonly cooledSegments: number
  /** Those days, over all segments. */
  readonly cooledDays: number
  /** Sealed epochs whose raw files went, over all streams. */
  readonly rawEpochs: number
  /** Why raw files stay though they are old enough, one sentence each. */
  readonly kept: readonly string[]
}

/** One run of the refresh. */
export interface RunReport {
  /** Temporal's run id. */
  readonly id: string
  readonly workflowId: string
  readonly kind: 'refresh'
  /** Name of the one pipeline that was refreshed, or `all`. */
  readonly pipeline: string
  readonly reason: string
  /** The day on which the run was scheduled, in the schedule's zone: `yyyy-MM-dd`. */
  readonly week: string
  /** The interval of the run, UTC ms: [fromMs, toMs). It comes from the scheduled time. */
  readonly fromMs: number
  readonly toMs: number
  readonly startedMs: number
  /** null while it is running. */
  readonly endedMs: number | null
  readonly status: RunStatus
  readonly sources: readonly SourceOutcome[]
  readonly streams: readonly StreamOutcome[]
  readonly collections: readonly CollectionOutcome[]
  /** null before it, and where it failed. */
  readonly retention: RetentionOutcome | null
  /** Views that were recomputed. */
  readonly views: number
  readonly changedWindows: number
  /** Everything that a person should look at, one sentence each. */
  readonly problems: readonly string[]
}

/** Reports of runs in MongoDB. */
export interface RunReports {
  /** Stores a report in the place of an earlier one of the same run. */
  put(report: RunReport): Promise<void>
  one(id: string): Promise<RunReport | null>
  /** Newest first. */
  list(limit: number): Promise<readonly RunReport[]>
  close(): Promise<void>
}
