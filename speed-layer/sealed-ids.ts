import type { PartitionBoundary } from '../core/seam/boundary.js'
import type { WarmStore } from '../stores/warm/index.js'
import type { StreamPlan } from './stream-plan.js'

/** What reading takes of memory; it happens when a partition begins at a boundary, and soon no more. */
const READING = Object.freeze({ threads: 1, memoryBytes: 256 * 1024 * 1024 })

export interface SealedIdsDeps {
  /** Undefined: none is known here. */
  readonly lakeRoot: string | undefined
  readonly warm: Pick<WarmStore, 'pointer'>
}

/**
 * Ids of the epoch before a boundary's that lie below it: what hot state that began there has never met. The lake is
 * opened for the one reading, its code is loaded only then.
 *
 * @throws Error where a snapshot is in force and the lake has nothing of the stream: it is another one than the batch layer's
 */
export async function sealedIds(
  { stream, epochMs }: StreamPlan,
  partition: number,
  boundary: PartitionBoundary,
  { lakeRoot, warm }: SealedIdsDeps,
): Promise<readonly string[]> {
  if (boundary.epoch < 1) return []
  if (lakeRoot === undefined)
    throw new Error(`stream "${stream.name}" has an id, so the speed layer needs the folder of the lake`)
  const { openLake } = await import('../stores/lake/index.js')
  const lake = await openLake(lakeRoot, READING)
  try {
    if ((await lake.lastManifest(stream.name)) === null && (await warm.pointer(stream.name)) !== null)
      throw new Error(`stream "${stream.name}" has a snapshot, but the lake in "${lakeRoot}" has nothing of it`)
    return await lake.idsBelow(stream, epochMs, partition, boundary)
  } finally {
    await lake.close()
  }
}
