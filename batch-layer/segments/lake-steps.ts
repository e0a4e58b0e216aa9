import {
  type Boundary,
  comparePlaces,
  type EpochManifest,
  type PartitionBoundary,
  type SegmentRange,
} from '../../core/seam/index.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import { type SealedStep, sealedSteps, stepsWithin } from './sealed-steps.js'

/** The sealed steps within some ranges, oldest first, found by walking back through the manifests. */
export async function lakeSteps(
  lake: LakeStore,
  stream: string,
  epochMs: number,
  ranges: readonly SegmentRange[],
): Promise<readonly SealedStep[]> {
  if (ranges.length === 0) return []
  const found: EpochManifest[] = []
  let manifest = await lake.lastManifest(stream)
  while (manifest !== null && !isBefore(manifest, ranges)) {
    found.push(manifest)
    manifest = await lake.manifest(stream, manifest.epoch - 1, epochMs)
  }
  const start: Boundary = Object.fromEntries((manifest?.partitions ?? []).map((p) => [p.partition, placeOf(p)]))
  return stepsWithin(sealedSteps(start, found.reverse()), ranges)
}

/** Whether everything in the manifest, and hence in all older ones, lies before the ranges. */
function isBefore(manifest: EpochManifest, ranges: readonly SegmentRange[]): boolean {
  return ranges.every((range) => {
    const p = manifest.partitions.find((m) => m.partition === range.partition)
    return p === undefined || comparePlaces(placeOf(p), range.from) <= 0
  })
}

function placeOf(p: { readonly to: number; readonly epoch: number }): PartitionBoundary {
  return { offset: p.to, epoch: p.epoch }
}
