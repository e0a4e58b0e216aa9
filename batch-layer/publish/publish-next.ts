import type { Snapshot } from '../../core/seam/index.js'
import type { Logger } from '../../stores/logger.js'
import { SnapshotConflictError, type WarmStore } from '../../stores/warm/warm-port.js'
import { currentSnapshot } from './current-snapshot.js'

/** Compare-and-sets that one publish may lose before it gives up. */
const MAX_CONFLICTS = 10

/**
 * Puts a new snapshot in force. `next` builds it on the one given and is called again on the newer one where another
 * run published in between; null means that nothing is left to publish. Returns the snapshot in force afterwards.
 */
export async function publishNext(
  deps: { readonly warm: WarmStore; readonly logger: Logger },
  stream: string,
  next: (base: Snapshot | null) => Promise<Snapshot | null>,
): Promise<Snapshot | null> {
  for (let conflicts = 0; ; conflicts++) {
    const base = await currentSnapshot(deps.warm, stream)
    const snapshot = await next(base)
    if (snapshot === null) return base
    try {
      await deps.warm.publish(snapshot)
      return snapshot
    } catch (error) {
      if (!(error instanceof SnapshotConflictError) || conflicts === MAX_CONFLICTS) throw error
      deps.logger.info(
        { stream, base: error.base, current: error.current },
        'another snapshot was published meanwhile; building again',
      )
    }
  }
}
