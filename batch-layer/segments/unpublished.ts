import { type Boundary, comparePlaces, type EpochManifest, type Snapshot } from '../../core/seam/index.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'

/**
 * Sealed epochs that a snapshot does not cover, oldest first; all of them where there is no snapshot. Every epoch from
 * a stream's first is sealed, so they are found by walking back from the last.
 */
export async function unpublishedManifests(
  lake: LakeStore,
  stream: string,
  epochMs: number,
  base: Snapshot | null,
): Promise<readonly EpochManifest[]> {
  if (base === null) return lake.manifests(stream)
  const found: EpochManifest[] = []
  let manifest = await lake.lastManifest(stream)
  while (manifest !== null && !isCovered(manifest, base.boundary)) {
    found.push(manifest)
    manifest = await lake.manifest(stream, manifest.epoch - 1, epochMs)
  }
  return found.reverse()
}

/**
 * Whether the boundary has passed every partition of the manifest. Places only grow, so it has then passed all older
 * ones.
 */
function isCovered(manifest: EpochManifest, boundary: Boundary): boolean {
  return manifest.partitions.every((p) => {
    const at = boundary[p.partition]
    return at !== undefined && comparePlaces({ offset: p.to, epoch: p.epoch }, at) <= 0
  })
}
