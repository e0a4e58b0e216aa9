import type { PartitionBoundary } from './boundary.js'

/** What seal(E) fixes for one partition; see `ManifestPartition`. */
export interface Cut {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly epoch: number
  readonly open: boolean
}

/**
 * Whether a delivered record ends the partition in seal(E): it is the first one of a later epoch.
 *
 * @param epoch the record's own epoch, a running maximum
 * @param sealing the epoch E being sealed
 */
export function endsEpoch(epoch: number, sealing: number): boolean {
  return epoch > sealing
}

/**
 * Where seal(E) ends a partition.
 *
 * @param from where the last manifest ended it
 * @param cutOffset offset of the first delivered record with `endsEpoch`, seen by the read itself; null where none was seen
 *   below the last stable offset: the partition stays open and its boundary does not move. The end offset is never a cut:
 *   what is appended there later may still belong to E.
 */
export function cutPartition(from: PartitionBoundary, cutOffset: number | null, sealing: number): Cut {
  if (cutOffset === null) return { from: from.offset, to: from.offset, epoch: from.epoch, open: true }
  if (cutOffset < from.offset) {
    throw new RangeError(
      `seal of epoch ${sealing}: cut at offset ${cutOffset} lies before the partition's start ${from.offset}`,
    )
  }
  return { from: from.offset, to: cutOffset, epoch: sealing + 1, open: false }
}
