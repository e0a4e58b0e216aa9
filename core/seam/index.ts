/**
 * The seam between the layers: where one ends and the other begins, as pure functions over plain data.
 * @module
 */
export { type AddImportOptions, addImport } from './add-import.js'
export { type AnswerToken, formatToken, parseToken, raiseToken } from './answer-token.js'
export { type Boundary, comparePlaces, type LastRecord, type PartitionBoundary, partitionsOf } from './boundary.js'
export { boundaryAfter } from './boundary-after.js'
export { checkChain } from './check-chain.js'
export type { ColdCopy, SegmentTiers } from './cold-copy.js'
export { compareParity, type ParityInput, type ParityOutcome, uncomparable } from './compare-parity.js'
export { compareSegments, type SegmentComparison } from './compare-segments.js'
export { discontinuity, type ReadBackRecord } from './continuity.js'
export { missingRanges } from './coverage.js'
export { covers } from './covers.js'
export { type Cut, cutPartition, endsEpoch } from './cut.js'
export { type DegradedPartition, degradedOf, raiseHighest } from './degraded-of.js'
export { type CellDiff, createCellDiff } from './diff-cells.js'
export { diffGate } from './diff-gate.js'
export { epochOf } from './epoch-of.js'
export { type ExtendOptions, extendSnapshot } from './extend-snapshot.js'
export { type FencedDelta, type FencedState, fence } from './fence.js'
export { firstManifestFrom, type PartitionStart } from './first-manifest-from.js'
export { hotFilter } from './hot-filter.js'
export type { HotPosition } from './hot-position.js'
export { type ImportedFile, type ImportRange, missingImports } from './import-range.js'
export { KnownIds } from './known-ids.js'
export type { EpochManifest, ManifestPartition, PartFile } from './manifest.js'
export { MAX_AHEAD_MS, minRetentionMs } from './min-retention.js'
export { type Prefix, prefixOf } from './prefix-of.js'
export {
  beforeLost,
  behindLost,
  type EpochCut,
  type LostRange,
  lostWithin,
  markedGeneration,
  markOfGeneration,
  NO_RELEASES,
  type Releases,
  recordEpoch,
  releasesMark,
  releasesOf,
} from './releases.js'
export { replacedBy, replaceSegments } from './replace-segments.js'
export { restateViews } from './restate-views.js'
export {
  BACKFILL_CHOICES,
  BACKFILL_ORDERS,
  BACKFILL_STATES,
  type BackfillChoice,
  type BackfillOrder,
  type BackfillState,
  MAX_BACKFILL_CONCURRENCY,
  SNAPSHOT_ACTIONS,
  type SnapshotAction,
} from './restatement.js'
export type { RestatementProgress } from './restatement-progress.js'
export { rollback, straddling } from './rollback.js'
export { runningEpoch } from './running-epoch.js'
export type { Segment, SegmentRange } from './segment.js'
export { segmentId } from './segment-id.js'
export { segmentsChecksum } from './segments-checksum.js'
export { SNAPSHOT_REASONS, type Snapshot, type SnapshotReason, type SnapshotView } from './snapshot.js'
export type { MeasureTotals, Mover, SnapshotDiff, ViewDiff } from './snapshot-diff.js'
export { validateSnapshot } from './validate-snapshot.js'
export { viewSetOf } from './view-set.js'
export { isComplete, type PartitionEventTime, streamWatermark, watermarkOf } from './watermark.js'
