import type { Snapshot } from '../../core/seam/index.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'

/** The snapshot in force; null where a stream has none yet. */
export async function currentSnapshot(
  warm: Pick<WarmStore, 'pointer' | 'snapshot'>,
  stream: string,
): Promise<Snapshot | null> {
  const pointer = await warm.pointer(stream)
  if (pointer === null) return null
  const snapshot = await warm.snapshot(pointer.snapshot)
  if (snapshot === null)
    throw new Error(`stream "${stream}": the pointer names snapshot ${pointer.snapshot}, which is not stored`)
  return snapshot
}
