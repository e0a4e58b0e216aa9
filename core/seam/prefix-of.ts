import { type Boundary, partitionsOf } from './boundary.js'
import type { HotPosition } from './hot-position.js'

/** Per partition, L: the answer counts exactly the delivered records with offset < L. */
export type Prefix = { readonly [partition: number]: number }

/**
 * The prefix that an answer is a recount of: L = max(boundary offset, next), over the partitions of the boundary and of
 * hot state together.
 *
 * @param hotStates by partition, each read in the same atomic step as the cells used; null or absent: no hot state
 */
export function prefixOf(boundary: Boundary, hotStates: ReadonlyMap<number, Pick<HotPosition, 'next'> | null>): Prefix {
  const prefix: { [partition: number]: number } = {}
  for (const [partition, at] of partitionsOf(boundary)) prefix[partition] = at.offset
  for (const [partition, state] of hotStates) {
    prefix[partition] = Math.max(prefix[partition] ?? 0, state?.next ?? 0)
  }
  return prefix
}
