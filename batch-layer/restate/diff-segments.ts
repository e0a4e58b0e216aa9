import { compareSegments, replacedBy, type Segment, type Snapshot, type SnapshotDiff } from '../../core/seam/index.js'
import { comparableCells, segmentCells } from '../../stores/tiers/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'

/** Compares segments with those in force whose place they would take. */
export async function diffSegments(
  { warm, lake }: Pick<BatchDeps, 'warm' | 'lake'>,
  plan: StreamPlan,
  base: Snapshot,
  segments: readonly Segment[],
  run: BatchRun,
): Promise<SnapshotDiff> {
  const inForce = new Set(base.segments.map((segment) => segment.id))
  const incoming = new Set(segments.map((segment) => segment.id))
  // a segment that is on both sides says the same on both
  const before = replacedBy(base, segments).filter((segment) => !incoming.has(segment.id))
  const after = segments.filter((segment) => !inForce.has(segment.id))
  return compareSegments({
    base,
    before,
    after,
    views: plan.views,
    read: await comparableCells(warm, segmentCells(warm, lake.cold), plan.views, [...before, ...after]),
    progress: (view, day) => {
      run.signal?.throwIfAborted()
      run.progress?.({ step: 'compare', view, day })
    },
  })
}
