import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  type BackfillChoice,
  missingRanges,
  type Segment,
  type SegmentRange,
  type Snapshot,
} from '../../core/seam/index.js'
import type { BatchDeps } from '../batch-deps.js'
import { viewsOf } from '../restate/recompute-stream.js'
import { nameSegment } from '../segments/compute-segment.js'
import { keptSegments } from '../segments/expired-raw.js'
import { lakeSteps } from '../segments/lake-steps.js'
import { groupSteps, rangesOfSteps, type SealedStep, stepsWithin } from '../segments/sealed-steps.js'
import type { StreamPlan } from '../stream-plan.js'

export interface BackfillScope {
  /** Inclusive. */
  readonly fromEpoch: number
  /** Exclusive. */
  readonly toEpoch: number
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string
  /**
   * `missing`: what a view that is building lacks. `stale`: that, and segments made of other files or by another definition
   * than today's. `all`: every one again.
   */
  readonly only: BackfillChoice
}

/** One segment to be computed. */
export interface BackfillPiece {
  readonly view: ViewDefinition
  readonly ranges: readonly SegmentRange[]
  /**
   * `missing` and `stale` as in the choice; `fresh`: what is in force is what would be computed; `expired`: it stays, as raw
   * files that it was made of have expired.
   */
  readonly state: 'missing' | 'stale' | 'fresh' | 'expired'
  readonly records: number
}

/** Records that one segment is made of at most; one epoch at least. */
const MAX_ROWS_PER_SEGMENT = 3_000_000

/**
 * The segments that a backfill of a snapshot computes, by view and then by place. The same snapshot, scope and definitions
 * give the same list, so that a run need only pass on how far it has come. A segment that reaches into the scope is taken
 * whole, and so is a view whose definition is not the one in force: two definitions cannot answer together.
 */
export async function backfillPieces(
  { lake }: Pick<BatchDeps, 'lake'>,
  plan: StreamPlan,
  base: Snapshot,
  scope: BackfillScope,
): Promise<readonly BackfillPiece[]> {
  const { stream, epochMs } = plan
  const all = missingRanges(base.first, base.boundary, [])
  const steps = await lakeSteps(lake, stream.name, epochMs, all)
  const pieces: BackfillPiece[] = []
  for (const view of viewsOf(plan, scope.view)) {
    const inForce = base.views.find((one) => one.name === view.name)
    const redefined = inForce !== undefined && inForce.hash !== view.hash
    const range = redefined ? { fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER } : scope
    const own = base.segments.filter((one) => one.view === view.name && one.viewHash === view.hash && !one.imported)
    const lacking = stepsWithin(steps, missingRanges(base.first, base.boundary, own)).filter((step) =>
      reaches([step], range),
    )
    for (const group of groupSteps(lacking, MAX_ROWS_PER_SEGMENT))
      pieces.push({ view, ranges: rangesOfSteps(group), state: redefined ? 'stale' : 'missing', records: count(group) })
    const kept = new Set((await keptSegments(lake, plan, view, base)).map(({ id }) => id))
    for (const segment of own.filter((one) => reaches(one.ranges, range))) {
      const mine = stepsWithin(steps, segment.ranges)
      const state = kept.has(segment.id) ? 'expired' : isFresh(plan, view, segment, mine) ? 'fresh' : 'stale'
      pieces.push({ view, ranges: segment.ranges, state, records: count(mine) })
    }
  }
  return pieces.filter(({ state }) => isChosen(scope.only, state))
}

function isChosen(only: BackfillChoice, state: BackfillPiece['state']): boolean {
  if (state === 'expired') return false
  return only === 'all' || state === 'missing' || (only === 'stale' && state === 'stale')
}

/** A segment is named by what it is made of: another name, other files. */
function isFresh(plan: StreamPlan, view: ViewDefinition, segment: Segment, steps: readonly SealedStep[]): boolean {
  return nameSegment(view, plan.stream, steps).id === segment.id
}

function reaches(
  ranges: readonly { readonly from: { readonly epoch: number }; readonly to: { readonly epoch: number } }[],
  { fromEpoch, toEpoch }: { readonly fromEpoch: number; readonly toEpoch: number },
): boolean {
  return ranges.some(({ from, to }) => from.epoch < toEpoch && to.epoch > fromEpoch)
}

function count(steps: readonly SealedStep[]): number {
  return steps.reduce((sum, { partition }) => sum + partition.accepted + partition.rejected, 0)
}
