import { computePieces, planBackfill } from '../../batch-layer/backfill/plan-backfill.js'
import type { BatchDeps } from '../../batch-layer/batch-deps.js'
import { approveHeld, rejectHeld } from '../../batch-layer/publish/decide-held.js'
import { rollbackTo } from '../../batch-layer/publish/rollback-to.js'
import { SnapshotRefusedError } from '../../batch-layer/publish/snapshot-refused-error.js'
import { type PublishDeps, publishRecomputed } from '../../batch-layer/restate/index.js'
import type { SegmentDeps } from '../../batch-layer/segments/build-segments.js'
import type { RestateActivities } from '../workflow/restate-contract.js'
import type { StreamPlans } from './stream-plans.js'
import { whileAlive } from './while-alive.js'

export interface RestateDeps extends BatchDeps, SegmentDeps, PublishDeps {
  readonly plans: StreamPlans
}

/** The steps of backfills and of people's decisions as activities; nothing is decided here. */
export function restateActivities(deps: RestateDeps): RestateActivities {
  const { plans, warm } = deps
  return {
    planBackfill: ({ stream, scope }) => whileAlive(async () => planBackfill(deps, await plans.of(stream), scope)),
    computePieces: ({ stream, scope, base, pieces }) =>
      whileAlive(async (run) => computePieces(deps, await plans.of(stream), { base }, scope, pieces, run)),
    publishRestated: ({ stream, ...work }) =>
      whileAlive(async (run) => publishRecomputed(deps, await plans.of(stream), work, { reason: 'backfill' }, run)),
    decideSnapshot: ({ action, snapshot: id }) =>
      whileAlive(async (run) => {
        if (action === 'rollback') {
          const old = await warm.snapshot(id)
          if (old === null) throw new SnapshotRefusedError(`there is no snapshot ${id} that was published`)
          const { stream } = old
          const back = await rollbackTo(deps, await plans.of(stream), id, run)
          return { stream, pipeline: plans.pipelineOf(stream), state: 'published', snapshot: back.id }
        }
        const held = await (action === 'approve' ? approveHeld(deps, id) : rejectHeld(deps, id))
        const { stream, published } = held
        const state = action === 'approve' ? 'published' : 'rejected'
        return { stream, pipeline: plans.pipelineOf(stream), state, snapshot: published }
      }),
  }
}
