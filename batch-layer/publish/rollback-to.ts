import { missingRanges, rollback, type Segment, type Snapshot, straddling } from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { boundedParallel } from '../bounded-parallel.js'
import { computeSegment } from '../restate/recompute-stream.js'
import type { SegmentDeps } from '../segments/build-segments.js'
import { lakeSteps } from '../segments/lake-steps.js'
import { groupSteps } from '../segments/sealed-steps.js'
import type { StreamPlan } from '../stream-plan.js'
import { publishNext } from './publish-next.js'
import { SnapshotRefusedError } from './snapshot-refused-error.js'

/** Records that one segment is made of at most. */
const MAX_ROWS_PER_SEGMENT = 3_000_000
const SEGMENTS_ASKED_AT_ONCE = 16

/**
 * Puts the contents of an older snapshot back in force for what it covered; later epochs keep their current segments,
 * and the boundary stays, so nothing that hot state has dropped is missing. Where a compaction has joined epochs from
 * both sides of the old boundary, the later ones are computed from the lake as segments of their own.
 *
 * @param snapshotId of the same stream
 * @throws SnapshotRefusedError where there is no such snapshot any more, or nothing is in force
 * @throws Error where it cannot be combined with the one in force
 */
export async function rollbackTo(
  deps: SegmentDeps & Pick<BatchDeps, 'clock'>,
  plan: StreamPlan,
  snapshotId: string,
  run: BatchRun = {},
): Promise<Snapshot> {
  const { name } = plan.stream
  const old = await deps.warm.snapshot(snapshotId)
  if (old === null || old.stream !== name)
    throw new SnapshotRefusedError(`stream "${name}" has no snapshot ${snapshotId} that was published and is kept`)
  const published = await publishNext(deps, name, async (base) => {
    if (base === null) throw new SnapshotRefusedError(`stream "${name}" has no snapshot in force`)
    const cut = await cutSegments(deps, plan, old, base, run)
    const next = rollback(old, base, deps.clock.now(), cut)
    await refuseSwept(deps, old, base, next)
    // a repetition of the same rollback, whose reply was lost
    return base.reason === 'rollback' && sameSegments(base, next) ? null : next
  })
  if (published === null) throw new SnapshotRefusedError(`stream "${name}" has no snapshot in force`)
  return published
}

/** What comes back into force must be there still, whoever removed it meanwhile. */
async function refuseSwept(
  { warm }: Pick<BatchDeps, 'warm'>,
  old: Snapshot,
  base: Snapshot,
  next: Snapshot,
): Promise<void> {
  const inForce = new Set(base.segments.map((segment) => segment.id))
  const returning = next.segments.filter(({ id }) => !inForce.has(id))
  await boundedParallel(returning, SEGMENTS_ASKED_AT_ONCE, async ({ id, view }) => {
    if ((await warm.segment(id)) !== null) return
    throw new SnapshotRefusedError(
      `snapshot ${old.id} cannot come back: segment ${id} of view "${view}" is no longer stored; tandem backfill computes history from the lake`,
    )
  })
}

/** The later part of the segments that hold records from both sides of the old boundary. */
async function cutSegments(
  deps: SegmentDeps,
  plan: StreamPlan,
  old: Snapshot,
  base: Snapshot,
  run: BatchRun,
): Promise<readonly Segment[]> {
  const straddlers = straddling(old, base)
  const cut: Segment[] = []
  for (const view of plan.views) {
    const gone = straddlers.filter((segment) => segment.view === view.name && segment.viewHash === view.hash)
    if (gone.length === 0) continue
    const goneIds = new Set(gone.map((segment) => segment.id))
    const kept = base.segments.filter((segment) => segment.view === view.name && !goneIds.has(segment.id))
    const ranges = missingRanges(
      old.boundary,
      base.boundary,
      kept.filter((segment) => !liesBelow(segment, old)),
    )
    const steps = await lakeSteps(deps.lake, plan.stream.name, plan.epochMs, ranges)
    for (const group of groupSteps(steps, MAX_ROWS_PER_SEGMENT))
      cut.push(await (await computeSegment(deps, plan, view, group, run)).store())
  }
  return cut
}

function liesBelow(segment: Segment, { boundary }: Snapshot): boolean {
  return segment.ranges.every((range) => range.to.offset <= (boundary[range.partition]?.offset ?? -1))
}

function sameSegments(base: Snapshot, next: Snapshot): boolean {
  const inForce = new Set(base.segments.map((segment) => segment.id))
  return inForce.size === next.segments.length && next.segments.every((segment) => inForce.has(segment.id))
}
