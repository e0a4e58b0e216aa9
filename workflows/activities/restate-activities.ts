import { computePieces, planBackfill } from '../../batch-layer/backfill/plan-backfill.js'
import type { BatchDeps } from '../../batch-layer/batch-deps.js'
import { approveHeld, rejectHeld } from '../../batch-layer/publish/decide-held.js'
import { rollbackTo } from '../../batch-layer/publish/rollback-to.js'
import { SnapshotRefusedError } from '../../batch-layer/publish/snapshot-refused-error.js'
import {
  dropUnused,
  type PublishDeps,
  publishRecomputed,
  restateStream,
  storedChecksum,
} from '../../batch-layer/restate/index.js'
import type { SegmentDeps } from '../../batch-layer/segments/build-segments.js'
import type { RestateActivities } from '../workflow/restate-contract.js'
import type { StreamPlans } from './stream-plans.js'
import { whileAlive } from './while-alive.js'

/** Whoever runs a backfill waits for it. */
const BACKFILL_WAIT_MS = 60_000
const BEHIND =
  'the speed layer has not yet read as far by the changed definitions as by those in force, which go on answering; the next seal puts them in force once it has'

const REPLACED = 'other definitions were deployed after those of this worker: run it by a worker that has them'

export interface RestateDeps extends BatchDeps, SegmentDeps, PublishDeps {
  readonly plans: StreamPlans
}

/** The steps of backfills and of people's decisions as activities; nothing is decided here. */
export function restateActivities(deps: RestateDeps): RestateActivities {
  const { plans, warm } = deps
  return {
    planBackfill: ({ stream, scope }) => whileAlive(async () => planBackfill(deps, await plans.today(stream), scope)),
    computePieces: ({ stream, scope, base, pieces }) =>
      whileAlive(async (run) => computePieces(deps, await plans.today(stream), { base }, scope, pieces, run)),
    publishRestated: ({ stream, ...work }) =>
      whileAlive(async (run) => {
        const [served, today] = [await plans.of(stream), await plans.today(stream)]
        const checksum = await storedChecksum(warm, work.segments)
        if (served === today)
          return { ...(await publishRecomputed(deps, today, work, { reason: 'backfill' }, run)), checksum }
        if (!(await plans.changed(stream))) throw new SnapshotRefusedError(REPLACED)
        const { state, snapshot } = await restateStream(deps, served, today, run, { waitMs: BACKFILL_WAIT_MS })
        return {
          status: state === 'published' ? 'published' : state === 'waiting' ? 'held' : 'unchanged',
          ...{ snapshot, changedWindows: 0, checksum },
          because: state === 'waiting' ? [BEHIND] : [],
        }
      }),
    definitionsChanged: ({ stream }) =>
      whileAlive(async () => {
        const inUse = new Set([await plans.of(stream), await plans.today(stream)])
        for (const plan of inUse) await plans.use(plan)
        await dropUnused(deps, stream, [...inUse])
        return plans.changed(stream)
      }),
    restateStream: ({ stream }) =>
      whileAlive(async (run) => {
        const [served, today] = [await plans.of(stream), await plans.today(stream)]
        return restateStream(deps, served, (await plans.changed(stream)) ? today : served, run)
      }),
    decideSnapshot: ({ action, snapshot: id }) =>
      whileAlive(async (run) => {
        if (action === 'rollback') {
          const old = await warm.snapshot(id)
          if (old === null) throw new SnapshotRefusedError(`there is no snapshot ${id} that was published and is kept`)
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
