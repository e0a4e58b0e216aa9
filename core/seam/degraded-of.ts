import type { Prefix } from './prefix-of.js'

/** A partition whose answer lacks records that were answered before: offsets [from, to). */
export interface DegradedPartition {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** Partitions of an answer that lie below the highest prefix returned before, ascending. Empty: nothing to say. */
export function degradedOf(highest: Prefix, prefix: Prefix): readonly DegradedPartition[] {
  return Object.entries(highest)
    .map(([partition, to]) => ({ partition: Number(partition), from: prefix[Number(partition)] ?? 0, to }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.partition - b.partition)
}

/** The highest prefix per partition after another answer. */
export function raiseHighest(highest: Prefix, prefix: Prefix): Prefix {
  const raised: { [partition: number]: number } = { ...highest }
  for (const [partition, offset] of Object.entries(prefix)) {
    raised[Number(partition)] = Math.max(raised[Number(partition)] ?? 0, offset)
  }
  return raised
}
