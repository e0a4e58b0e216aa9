import type { Boundary } from './boundary.js'

/** Least epoch whose hot cells count beside a snapshot, inclusive. A partition not in the boundary counts whole. */
export function hotFilter(boundary: Boundary, partition: number): number {
  return boundary[partition]?.epoch ?? 0
}
