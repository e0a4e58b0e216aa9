import type { BatchDeps } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'

/** So long hot state is kept that nobody folds into and no pointer names: who goes back to it finds it, ms. */
const UNUSED_MS = 24 * 3_600_000

/**
 * Drops hot state of definitions that are no more: neither in force nor today's, and no process has said for a day that
 * it runs by them. Of a keyspace whose definitions were never stored nothing is known; it stays.
 *
 * @returns names of the view sets dropped
 */
export async function dropUnused(
  { hot, warm, clock, logger }: Pick<BatchDeps, 'hot' | 'warm' | 'clock' | 'logger'>,
  stream: string,
  inUse: readonly StreamPlan[],
): Promise<readonly string[]> {
  const named = new Set(inUse.map(({ keyspace }) => keyspace.viewSet))
  const dropped: string[] = []
  for (const keyspace of await hot.keyspaces()) {
    if (keyspace.stream !== stream || named.has(keyspace.viewSet)) continue
    const stored = await warm.viewSet(keyspace.viewSet)
    if (stored === null || clock.now() - stored.usedAtMs < UNUSED_MS) continue
    await hot.dropKeyspace(keyspace)
    dropped.push(keyspace.viewSet)
  }
  if (dropped.length > 0) logger.info({ stream, dropped }, 'hot state of earlier definitions was dropped')
  return dropped
}
