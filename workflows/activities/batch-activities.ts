import { CancelledFailure } from '@temporalio/activity'
import { backfillSegments, publishBackfill } from '../../batch-layer/backfill/backfill-segments.js'
import type { BatchDeps } from '../../batch-layer/batch-deps.js'
import { importSegments, publishImport } from '../../batch-layer/import/publish-import.js'
import { compareLayers } from '../../batch-layer/parity/compare-layers.js'
import { dropCovered } from '../../batch-layer/publish/drop-covered.js'
import { publishSegments } from '../../batch-layer/publish/publish-segments.js'
import { setAliases } from '../../batch-layer/publish/set-aliases.js'
import type { Leftovers } from '../../batch-layer/seal/leftovers.js'
import { EpochNotOverError } from '../../batch-layer/seal/seal-errors.js'
import { type SealDeps, sealStream } from '../../batch-layer/seal/seal-stream.js'
import { buildSegments, type SegmentDeps } from '../../batch-layer/segments/build-segments.js'
import { epochOf } from '../../core/seam/index.js'
import type { BatchActivities, SealSummary } from '../workflow/activity-contract.js'
import { dueEpoch } from '../workflow/due-epoch.js'
import { archivedFile } from './import-activities.js'
import { type RestateDeps, restateActivities } from './restate-activities.js'
import type { StreamPlans } from './stream-plans.js'
import { whileAlive } from './while-alive.js'

export interface ActivityDeps extends BatchDeps, SealDeps, SegmentDeps, RestateDeps {
  readonly plans: StreamPlans
  readonly leftovers: Leftovers
  readonly onSealed: (summary: SealSummary) => void
  /** A stream could not be sealed; it is tried again, or waits for a person, as the error's kind says. */
  readonly onFailed: (stream: string, error: unknown) => void
}

/** The batch layer's functions as activities; nothing is decided here. */
export function batchActivities(deps: ActivityDeps): BatchActivities {
  const { plans } = deps
  return {
    ...restateActivities(deps),
    async resolveEpoch({ stream, choice }) {
      const { epochMs } = await plans.today(stream)
      const pipeline = plans.pipelineOf(stream)
      const { marginMs } = deps.settings
      const nowMs = deps.clock.now()
      const epoch =
        choice.kind === 'epoch'
          ? choice.epoch
          : choice.kind === 'running'
            ? epochOf(nowMs, epochMs)
            : dueEpoch(nowMs, marginMs, epochMs)
      return { pipeline, epochMs, marginMs, epoch, dueMs: (epoch + 1) * epochMs + marginMs }
    },
    sealEpochs: ({ stream, epoch, releases }) =>
      whileAlive(async (run) => {
        const sealed = await sealStream(deps, await plans.of(stream), epoch, run, releases)
        await deps.leftovers.sweep(stream)
        return sealed
      }).catch((error: unknown) => {
        // too early and stopped are no failures of the stream
        if (!(error instanceof EpochNotOverError || error instanceof CancelledFailure)) deps.onFailed(stream, error)
        throw error
      }),
    buildSegments: ({ stream }) => whileAlive(async (run) => buildSegments(deps, await plans.of(stream), run)),
    compareLayers: ({ stream, segments }) =>
      whileAlive(async (run) => compareLayers(deps, await plans.of(stream), segments, run)),
    publish: ({ stream, work }) =>
      whileAlive(async () => (await publishSegments(deps, await plans.of(stream), work))?.id ?? null),
    setAliases: ({ stream }) => whileAlive(async (run) => setAliases(deps, (await plans.of(stream)).views, run)),
    dropCovered: ({ stream }) =>
      whileAlive(async () => {
        const [served, today] = [await plans.of(stream), await plans.today(stream)]
        // today's hot state is filled beside the other; what is sealed is computed from the lake for both
        if (served !== today) await dropCovered(deps, today)
        return dropCovered(deps, served)
      }),
    backfillSegments: ({ stream, range }) =>
      whileAlive(async (run) => backfillSegments(deps, await plans.of(stream), range, run)),
    publishBackfill: ({ stream, work }) =>
      whileAlive(async () => (await publishBackfill(deps, await plans.of(stream), work))?.id ?? null),
    archiveFile: ({ stream, path, mapping, importedAtMs }) =>
      whileAlive(async (run) => archivedFile(deps, stream, { path, mapping, importedAtMs }, run)),
    importSegments: ({ stream, choice }) =>
      whileAlive(async (run) => importSegments(deps, await plans.of(stream), choice, run)),
    publishImport: ({ stream, work }) => whileAlive(async () => publishImport(deps, await plans.of(stream), work)),
    async reportSeal({ report }) {
      deps.onSealed(report)
    },
  }
}
