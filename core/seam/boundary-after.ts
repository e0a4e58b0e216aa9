import { type Boundary, partitionsOf } from './boundary.js'
import type { EpochManifest } from './manifest.js'

/**
 * The boundary once a manifest's range is published. Partitions that the manifest does not name stay where they are; an
 * open one does not move.
 *
 * @throws Error where the manifest does not begin where the base ends
 */
export function boundaryAfter(base: Boundary, manifest: EpochManifest): Boundary {
  const after = Object.fromEntries(partitionsOf(base))
  for (const p of manifest.partitions) {
    const before = base[p.partition]
    if (before && before.offset !== p.from) {
      throw new Error(
        `stream "${manifest.stream}", epoch ${manifest.epoch}, partition ${p.partition}: the manifest begins at offset ${p.from}, the snapshot ends at ${before.offset}`,
      )
    }
    after[p.partition] = { offset: p.to, epoch: p.epoch }
  }
  return after
}
