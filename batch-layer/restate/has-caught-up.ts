import type { HotStore, Keyspace } from '../../stores/hot/hot-port.js'
import type { BatchRun } from '../batch-deps.js'

const LOOK_MS = 100

/**
 * Whether hot state of `to` has read as far as that of `from` in every partition, so that no answer falls back when it
 * takes over. Both go on meanwhile, so it is looked again for a while.
 *
 * @param waitMs how long, 0: once
 */
export async function hasCaughtUp(
  hot: Pick<HotStore, 'partitions' | 'state'>,
  from: Keyspace,
  to: Keyspace,
  waitMs: number,
  run: BatchRun,
): Promise<boolean> {
  // partitions that were once there need not be looked at again: positions only grow
  const behind = new Set(await hot.partitions(from))
  for (let waited = 0; ; waited += LOOK_MS) {
    for (const partition of behind) {
      run.signal?.throwIfAborted()
      // in this order: what is compared with is the older reading
      const before = await hot.state(from, partition)
      const after = await hot.state(to, partition)
      if (before === null || (after !== null && after.next >= before.next)) behind.delete(partition)
    }
    if (behind.size === 0) return true
    if (waited >= waitMs) return false
    run.progress?.({ step: 'restate', behind: [...behind] })
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
