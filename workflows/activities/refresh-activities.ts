import { type RebuildDeps, rebuildGeneration } from '../../batch-layer/collections/rebuild-generation.js'
import { planRefresh } from '../../batch-layer/refresh/plan-refresh.js'
import { type PublishDeps, publishRecomputed, recomputeStream } from '../../batch-layer/restate/index.js'
import { type RetentionDeps, retain } from '../../batch-layer/retention/retain.js'
import type { SegmentDeps } from '../../batch-layer/segments/build-segments.js'
import { runSource } from '../../batch-layer/sources/run-source.js'
import type { SourceDeps } from '../../batch-layer/sources/source-deps.js'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { RunReport, RunReports } from '../../stores/warm/run-reports.js'
import type { RefreshActivities } from '../workflow/refresh-contract.js'
import type { StreamPlans } from './stream-plans.js'
import { whileAlive } from './while-alive.js'

export interface RefreshDeps extends SegmentDeps, PublishDeps, RetentionDeps, RebuildDeps {
  readonly lake: SegmentDeps['lake']
  readonly warm: SegmentDeps['warm']
  readonly catalog: Catalog
  readonly plans: StreamPlans
  readonly sources: SourceDeps
  readonly runs: RunReports
  /** Tells people how a run ended; null where nobody asked for it. */
  readonly notify: ((report: RunReport) => Promise<void>) | null
}

/** The steps of the weekly refresh as activities; nothing is decided here. */
export function refreshActivities(deps: RefreshDeps): RefreshActivities {
  const { catalog, plans } = deps
  return {
    planRefresh: async ({ pipeline, scheduledMs }) => planRefresh(catalog, pipeline, scheduledMs),
    runSource: ({ source, run: id, scheduledMs }) =>
      whileAlive(async (run) => {
        const definition = catalog.sources.get(source)
        if (definition === undefined) throw new Error(`there is no source "${source}"`)
        return runSource(deps.sources, definition, { ...run, id, scheduledMs })
      }),
    recomputeStream: ({ stream }) => whileAlive(async (run) => recomputeStream(deps, await plans.of(stream), run)),
    publishRecomputed: ({ stream, work }) =>
      whileAlive(async (run) => publishRecomputed(deps, await plans.of(stream), work, { reason: 'refresh' }, run)),
    rebuildCollection: ({ collection, run: id }) =>
      whileAlive(async ({ signal, progress }) => {
        const definition = catalog.collections.get(collection)
        if (definition === undefined) throw new Error(`there is no collection "${collection}"`)
        const { name, loaded, checksum } = await rebuildGeneration(deps, definition, {
          id,
          ...(signal === undefined ? {} : { signal }),
          progress: (detail) => progress?.({ step: 'rebuild', detail }),
        })
        return { generation: name, loaded, checksum: checksum ?? '' }
      }),
    retain: ({ streams, dryRun = false }) =>
      whileAlive(async (run) =>
        retain(deps, await Promise.all(streams.map((stream) => plans.of(stream))), run, dryRun),
      ),
    putRun: ({ report }) => whileAlive(() => deps.runs.put(report)),
    notifyRun: ({ report }) => whileAlive(async () => deps.notify?.(report)),
  }
}
