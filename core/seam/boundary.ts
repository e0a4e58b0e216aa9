/**
 * Where a snapshot ends in one partition: `offset` is the first offset not in it, `epoch` the first epoch it does not
 * cover. Every record at or beyond `offset` has an epoch of at least `epoch`, every record below it a smaller one.
 */
export interface PartitionBoundary {
  readonly offset: number
  readonly epoch: number
}

/** Per partition number. A partition that is absent has nothing in the snapshot: it counts whole from hot state. */
export type Boundary = { readonly [partition: number]: PartitionBoundary }

/** Fingerprint of the last record below a boundary, read back to detect a recreated or truncated topic. */
export interface LastRecord {
  readonly offset: number
  /** Broker append time, ms. */
  readonly timeMs: number
  /** CRC-32 of the value's bytes. */
  readonly crc: number
}

/** Partitions of a boundary with their places, by partition number ascending. */
export function partitionsOf(boundary: Boundary): readonly (readonly [partition: number, at: PartitionBoundary])[] {
  return Object.entries(boundary)
    .map(([partition, at]) => [Number(partition), at] as const)
    .sort((a, b) => a[0] - b[0])
}

/** Order of two places in one partition: by offset, then by epoch. Negative where `a` lies before `b`, 0 where they are the same. */
export function comparePlaces(a: PartitionBoundary, b: PartitionBoundary): number {
  return a.offset - b.offset || a.epoch - b.epoch
}
