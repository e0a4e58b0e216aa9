import type { Boundary } from './boundary.js'
import { hotFilter } from './hot-filter.js'

/**
 * Whether a snapshot and a partition's hot state together hold every record: hot state has dropped nothing that the
 * snapshot lacks. Where it is false, a newer snapshot is in force: start again with the current pointer.
 *
 * @param floor of the hot state, read in the same step as its cells, after the snapshot
 */
export function covers(boundary: Boundary, partition: number, floor: number): boolean {
  return hotFilter(boundary, partition) >= floor
}
