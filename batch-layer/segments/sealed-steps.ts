import {
  type Boundary,
  comparePlaces,
  type EpochManifest,
  type ManifestPartition,
  type PartitionBoundary,
  type SegmentRange,
} from '../../core/seam/index.js'

/** What one manifest did to one partition: it moved its boundary from one place to another. */
export interface SealedStep {
  readonly manifest: EpochManifest
  readonly partition: ManifestPartition
  readonly from: PartitionBoundary
  readonly to: PartitionBoundary
}

/**
 * The moves of a chain of manifests, oldest first; partitions that stayed where they were are left out.
 *
 * @param start boundary before the first of them; a partition that is absent begins at its manifest's `from`, in epoch 0
 */
export function sealedSteps(start: Boundary, manifests: readonly EpochManifest[]): readonly SealedStep[] {
  const places = new Map<number, PartitionBoundary>(Object.entries(start).map(([p, place]) => [Number(p), place]))
  const steps: SealedStep[] = []
  for (const manifest of manifests) {
    for (const partition of manifest.partitions) {
      const from = places.get(partition.partition) ?? { offset: partition.from, epoch: 0 }
      const to = { offset: partition.to, epoch: partition.epoch }
      if (comparePlaces(from, to) !== 0) steps.push({ manifest, partition, from, to })
      places.set(partition.partition, to)
    }
  }
  return steps
}

/** The steps that lie within the ranges. Ranges begin and end where manifests do. */
export function stepsWithin(steps: readonly SealedStep[], ranges: readonly SegmentRange[]): readonly SealedStep[] {
  return steps.filter((step) =>
    ranges.some(
      (range) =>
        range.partition === step.partition.partition &&
        comparePlaces(range.from, step.from) <= 0 &&
        comparePlaces(step.to, range.to) <= 0,
    ),
  )
}

/** The ranges that the steps cover, adjoining ones joined, by partition and place. */
export function rangesOfSteps(steps: readonly SealedStep[]): readonly SegmentRange[] {
  const ranges: SegmentRange[] = []
  const ordered = [...steps].sort(
    (a, b) => a.partition.partition - b.partition.partition || comparePlaces(a.from, b.from),
  )
  for (const { partition, from, to } of ordered) {
    const before = ranges.at(-1)
    if (before?.partition === partition.partition && comparePlaces(before.to, from) === 0) {
      ranges[ranges.length - 1] = { ...before, to }
    } else {
      ranges.push({ partition: partition.partition, from, to })
    }
  }
  return ranges
}

/**
 * Cuts steps, kept in order, into groups of whole epochs that weigh at most `max` each (one epoch at least).
 *
 * @param weigh what an epoch weighs; by default its accepted and rejected rows
 */
export function groupSteps(
  steps: readonly SealedStep[],
  max: number,
  weigh: (epoch: EpochManifest) => number = rowsOf,
): readonly (readonly SealedStep[])[] {
  const groups: SealedStep[][] = []
  let weight = 0
  for (const step of steps) {
    const group = groups.at(-1)
    const sameEpoch = group?.at(-1)?.manifest.epoch === step.manifest.epoch
    if (group === undefined || (!sameEpoch && weight + weigh(step.manifest) > max)) {
      groups.push([step])
      weight = weigh(step.manifest)
    } else {
      group.push(step)
      if (!sameEpoch) weight += weigh(step.manifest)
    }
  }
  return groups
}

function rowsOf(manifest: EpochManifest): number {
  return manifest.partitions.reduce((sum, p) => sum + p.accepted + p.rejected, 0)
}
