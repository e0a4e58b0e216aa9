import { partitionsOf, type Segment } from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import type { StreamPlan } from '../stream-plan.js'
import { coldCopyOf } from './cool-history.js'

export interface ExpiredRaw {
  /** Sealed epochs whose raw files went. */
  readonly epochs: number
  /** Why none goes, though some are old enough; null where nothing holds them. */
  readonly kept: string | null
}

/** Epochs next to the boundary that stay whatever their age: the next seal and a restarted layer look into them. */
const STAY_EPOCHS = 2

/**
 * Removes the raw files of epochs that ended before `beforeMs`, where the snapshot in force covers them with whole views of
 * today's definitions, each segment with a cold copy that is as it was written. Manifests stay. Safe to repeat.
 *
 * @param dryRun only says what would be done
 */
export async function expireOldRaw(
  deps: Pick<BatchDeps, 'warm' | 'lake' | 'logger'>,
  plan: StreamPlan,
  beforeMs: number,
  run: BatchRun,
  dryRun = false,
): Promise<ExpiredRaw> {
  const { lake, warm } = deps
  const { stream, epochMs, views } = plan
  const base = await currentSnapshot(warm, stream.name)
  const boundary = partitionsOf(base?.boundary ?? {}).map(([, { epoch }]) => epoch - STAY_EPOCHS)
  const before = Math.min(Math.floor(beforeMs / epochMs), ...boundary)
  const from = await lake.rawFrom(stream.name)
  const old = (await lake.manifests(stream.name)).filter(({ epoch }) => epoch >= from && epoch < before)
  if (base === null || old.length === 0) return { epochs: 0, kept: null }
  for (const view of views) {
    const inForce = base.views.find(({ name }) => name === view.name)
    if (inForce?.hash !== view.hash)
      return { epochs: 0, kept: `today's definition of view "${view.name}" is not in force` }
    if (inForce.building) return { epochs: 0, kept: `view "${view.name}" is building` }
  }
  if (dryRun) return { epochs: old.length, kept: null }
  for (const segment of base.segments.filter((one) => reaches(one, before))) {
    const view = views.find(({ hash }) => hash === segment.viewHash)
    // what a ledger says is in the manifests too
    if (view === undefined || view.ledger) continue
    run.signal?.throwIfAborted()
    await lake.cold.check(await coldCopyOf(deps, view, segment, run))
  }
  run.progress?.({ step: 'raw', stream: stream.name, epochs: old.length })
  const epochs = await lake.expireRaw(stream.name, epochMs, before)
  deps.logger.info({ stream: stream.name, epochs, before }, 'raw files expired')
  return { epochs, kept: null }
}

function reaches({ ranges }: Segment, beforeEpoch: number): boolean {
  return ranges.some(({ from }) => from.epoch < beforeEpoch)
}
