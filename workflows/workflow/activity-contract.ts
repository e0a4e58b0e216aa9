import type { BackfillRange, BackfillWork } from '../../batch-layer/backfill/backfill-segments.js'
import type { ImportChoice, ImportWork, PublishedImport } from '../../batch-layer/import/publish-import.js'
import type { ParityReport } from '../../batch-layer/parity/compare-layers.js'
import type { SealedRun } from '../../batch-layer/seal/seal-stream.js'
import type { SegmentWork } from '../../batch-layer/segments/build-segments.js'
import type { Releases } from '../../core/seam/releases.js'
import type { ArchivedFile, ArchiveFileInput } from './import-contract.js'
import type { RestateActivities } from './restate-contract.js'
import type { EpochChoice, ResolvedEpoch } from './seal-contract.js'

/**
 * The steps of the batch layer as Temporal runs them. Each may be repeated; what they pass on are references, never
 * rows.
 */
export interface BatchActivities extends RestateActivities {
  /** Which epoch is meant now. */
  resolveEpoch(input: { readonly stream: string; readonly choice: UnscheduledChoice }): Promise<ResolvedEpoch>
  /** Read, archive, manifest; first of all puts a person's decisions about the log in force. */
  sealEpochs(input: {
    readonly stream: string
    readonly epoch: number
    readonly releases?: Releases
  }): Promise<SealedRun>
  buildSegments(input: { readonly stream: string }): Promise<SegmentWork>
  compareLayers(input: { readonly stream: string; readonly segments: readonly string[] }): Promise<ParityReport>
  /** The snapshot in force afterwards. */
  publish(input: { readonly stream: string; readonly work: SegmentWork }): Promise<string | null>
  /** Views whose alias moved. */
  setAliases(input: { readonly stream: string }): Promise<readonly string[]>
  /** Partitions whose covered epochs are gone. */
  dropCovered(input: { readonly stream: string }): Promise<readonly number[]>
  backfillSegments(input: { readonly stream: string; readonly range: BackfillRange }): Promise<BackfillWork>
  publishBackfill(input: { readonly stream: string; readonly work: BackfillWork }): Promise<string | null>
  /** Brings a file into the lake; nothing where one with the same bytes is there. */
  archiveFile(input: ArchiveFileInput): Promise<ArchivedFile>
  importSegments(input: { readonly stream: string; readonly choice: ImportChoice }): Promise<ImportWork>
  publishImport(input: { readonly stream: string; readonly work: ImportWork }): Promise<PublishedImport>
  /** Says how the run of a stream ended, for health. */
  reportSeal(input: { readonly report: SealSummary }): Promise<void>
}

export type UnscheduledChoice = Exclude<EpochChoice, { kind: 'scheduled' }>

/** What health shows of a stream's last seal. */
export interface SealSummary {
  readonly stream: string
  readonly epoch: number
  readonly seconds: number
  readonly rows: number
  readonly segments: number
  readonly parity: { readonly equal: number; readonly different: number; readonly uncompared: number }
  readonly snapshot: string | null
}
