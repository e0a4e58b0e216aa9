import type { BatchDeps } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'
import { currentSnapshot } from './current-snapshot.js'

/**
 * Drops the hot epochs that the snapshot in force covers. The floor rises in the same call, so a reader with an older
 * snapshot notices and starts again. Repeating it changes nothing.
 *
 * @returns partitions whose floor was raised to the boundary's epoch (or stood there)
 */
export async function dropCovered(deps: Pick<BatchDeps, 'hot' | 'warm'>, plan: StreamPlan): Promise<readonly number[]> {
  const snapshot = await currentSnapshot(deps.warm, plan.stream.name)
  if (snapshot === null) return []
  const dropped: number[] = []
  for (const partition of await deps.hot.partitions(plan.keyspace)) {
    const at = snapshot.boundary[partition]
    if (at === undefined) continue
    await deps.hot.drop(plan.keyspace, partition, at.epoch)
    dropped.push(partition)
  }
  return dropped
}
