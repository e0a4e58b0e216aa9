import type { PartitionBoundary } from './boundary.js'
import type { EpochManifest } from './manifest.js'

/** What is known about a partition when it is sealed for the first time. */
export interface PartitionStart {
  /** First offset that the log still has. */
  readonly earliest: number
  /** Where its hot state began, where there is one. */
  readonly hotSince?: number | null
}

/**
 * Where the next manifest begins in a partition: where the previous one ended, or for a partition that was never sealed
 * at its earliest offset, never at its latest. Records that hot state holds but the log lost meanwhile are not skipped:
 * the range then begins at `hotSince`, and reading it fails, naming what was lost.
 */
export function firstManifestFrom(
  previous: EpochManifest | null,
  partition: number,
  start: PartitionStart,
): PartitionBoundary {
  const sealed = previous?.partitions.find((p) => p.partition === partition)
  if (sealed) return { offset: sealed.to, epoch: sealed.epoch }
  return { offset: Math.min(start.earliest, start.hotSince ?? start.earliest), epoch: 0 }
}
