import { replaceSegments, type Segment, type Snapshot } from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { publishNext } from '../publish/publish-next.js'
import { type SegmentDeps, storeSegment } from '../segments/build-segments.js'
import { lakeSteps } from '../segments/lake-steps.js'
import type { StreamPlan } from '../stream-plan.js'

export interface BackfillRange {
  /** Inclusive. */
  readonly fromEpoch: number
  /** Exclusive. */
  readonly toEpoch: number
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string
}

/** What a backfill computed; references only. */
export interface BackfillWork {
  readonly stream: string
  /** Ids of the segments computed again. */
  readonly segments: readonly string[]
  /** How many of them are other segments than those in force. */
  readonly changed: number
}

/**
 * Computes the segments in force that hold records of the epochs once more, from the files in the lake, over the same
 * ranges. Files that differ from their manifest are refused. The same inputs give the same ids, so where nothing
 * changed nothing is replaced.
 *
 * @throws Error where the stream has no such view
 */
export async function backfillSegments(
  deps: SegmentDeps,
  plan: StreamPlan,
  range: BackfillRange,
  run: BatchRun,
): Promise<BackfillWork> {
  const { stream, epochMs } = plan
  if (range.view !== undefined && !plan.views.some((view) => view.name === range.view)) {
    throw new Error(
      `stream "${stream.name}" feeds no view "${range.view}"; it feeds ${plan.views.map((v) => v.name).join(', ')}`,
    )
  }
  const base = await currentSnapshot(deps.warm, stream.name)
  const rawFrom = await deps.lake.rawFrom(stream.name)
  const checked = new Set<number>()
  const made: Segment[] = []
  for (const old of base?.segments ?? []) {
    const view = plan.views.find((v) => v.name === old.view && v.hash === old.viewHash)
    if (view === undefined || (range.view !== undefined && range.view !== view.name) || !holds(old, range)) continue
    const steps = await lakeSteps(deps.lake, stream.name, epochMs, old.ranges)
    // made of raw files that have expired: it stays
    if (steps.some(({ manifest }) => manifest.epoch < rawFrom)) continue
    for (const { manifest } of steps) {
      if (checked.has(manifest.epoch)) continue
      run.progress?.({ step: 'check', epoch: manifest.epoch })
      await deps.lake.checkFiles(manifest)
      checked.add(manifest.epoch)
    }
    made.push(await storeSegment(deps, plan, view, steps, run, true))
  }
  const inForce = new Set(base?.segments.map((segment) => segment.id))
  return {
    stream: stream.name,
    segments: made.map((segment) => segment.id),
    changed: made.filter((segment) => !inForce.has(segment.id)).length,
  }
}

/**
 * Publishes what a backfill computed in place of exactly the ranges that it covers; nothing where all of it is in force
 * already.
 */
export async function publishBackfill(
  deps: Pick<BatchDeps, 'warm' | 'clock' | 'logger'>,
  plan: StreamPlan,
  work: BackfillWork,
): Promise<Snapshot | null> {
  const segments: Segment[] = []
  for (const id of work.segments) {
    const segment = await deps.warm.segment(id)
    if (segment === null) throw new Error(`segment ${id} is to be published, but is not stored`)
    segments.push(segment)
  }
  return publishNext(deps, plan.stream.name, async (base) => {
    const held = new Set(base?.segments.map((segment) => segment.id))
    const changed = segments.filter((segment) => !held.has(segment.id))
    if (base === null || changed.length === 0) return null
    return replaceSegments(base, changed, deps.clock.now())
  })
}

function holds(segment: Segment, { fromEpoch, toEpoch }: BackfillRange): boolean {
  return segment.ranges.some((range) => range.from.epoch < toEpoch && range.to.epoch > fromEpoch)
}
