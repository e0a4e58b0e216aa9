import type { StreamDefinition } from '../core/define/stream-definition.js'
import type { PartitionBoundary } from '../core/seam/boundary.js'
import { beforeLost, releasesOf } from '../core/seam/index.js'
import type { LogStore } from '../stores/log/index.js'
import type { ReleaseStore, WarmStore } from '../stores/warm/index.js'

export interface StartDeps {
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot'>
  readonly log: Pick<LogStore, 'offsets'>
  readonly releases: Pick<ReleaseStore, 'of'>
}

/**
 * Where a partition without hot state begins: at the boundary of the snapshot in force, and where the snapshot does not
 * have the partition, at its earliest record. Never at the latest: that would leave records out.
 *
 * An older boundary than the newest is right as well: readers count only the epochs that their own snapshot lacks.
 */
export async function partitionStart(
  definition: StreamDefinition | undefined,
  partition: number,
  { warm, log, releases }: StartDeps,
): Promise<PartitionBoundary> {
  if (definition === undefined) throw new Error('a lane asked for the start of a stream that is not read here')
  const { name: stream, topic } = definition
  const pointer = await warm.pointer(stream)
  const snapshot = pointer === null ? null : await warm.snapshot(pointer.snapshot)
  if (pointer !== null && snapshot === null)
    throw new Error(`stream "${stream}": snapshot ${pointer.snapshot} is in force but not stored`)
  const boundary = snapshot?.boundary[partition]
  if (boundary !== undefined) return boundary
  const found = (await log.offsets(topic)).find((p) => p.partition === partition)
  if (found === undefined) throw new Error(`topic "${topic}" has no partition ${partition}`)
  // what was given up there is in the ledger, so it is passed, not left out
  const { lost } = releasesOf(await releases.of(stream), partition)
  return { offset: beforeLost(found.low, lost), epoch: 0 }
}
