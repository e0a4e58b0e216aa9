import { compareSegments, replacedBy, type Segment, type Snapshot, type SnapshotDiff } from '../../core/seam/index.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import type { BatchRun } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'

/** Compares segments with those in force whose place they would take. */
export function diffSegments(
  warm: Pick<WarmStore, 'cellsOfDay'>,
  plan: StreamPlan,
  base: Snapshot,
  segments: readonly Segment[],
  run: BatchRun,
): Promise<SnapshotDiff> {
  const inForce = new Set(base.segments.map((segment) => segment.id))
  const incoming = new Set(segments.map((segment) => segment.id))
  return compareSegments({
    base,
    // a segment that is on both sides says the same on both
    before: replacedBy(base, segments).filter((segment) => !incoming.has(segment.id)),
    after: segments.filter((segment) => !inForce.has(segment.id)),
    views: plan.views,
    read: (some, day) => warm.cellsOfDay(some, day),
    progress: (view, day) => {
      run.signal?.throwIfAborted()
      run.progress?.({ step: 'compare', view, day })
    },
  })
}
