import { rollback, type Snapshot } from '../../core/seam/index.js'
import type { BatchDeps } from '../batch-deps.js'
import { publishNext } from './publish-next.js'

/**
 * Puts the contents of an older snapshot back in force for what it covered; later epochs keep their current segments,
 * and the boundary stays, so nothing that hot state has dropped is missing.
 *
 * @param snapshotId of the same stream
 * @throws Error where there is no such snapshot, or it cannot be combined with the one in force
 */
export async function rollbackTo(
  deps: Pick<BatchDeps, 'warm' | 'clock' | 'logger'>,
  stream: string,
  snapshotId: string,
): Promise<Snapshot> {
  const old = await deps.warm.snapshot(snapshotId)
  if (old === null || old.stream !== stream) throw new Error(`stream "${stream}" has no snapshot ${snapshotId}`)
  const published = await publishNext(deps, stream, async (base) => {
    if (base === null) throw new Error(`stream "${stream}" has no snapshot in force`)
    return rollback(old, base, deps.clock.now())
  })
  if (published === null) throw new Error(`stream "${stream}" has no snapshot in force`)
  return published
}
