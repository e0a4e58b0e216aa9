import type { Boundary } from './boundary.js'
import { boundaryAfter } from './boundary-after.js'
import { buildSnapshot } from './build-snapshot.js'
import type { EpochManifest } from './manifest.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'

export interface ExtendOptions {
  /** The snapshot in force; null for a stream's first. */
  readonly base: Snapshot | null
  /** The manifests sealed since, oldest first; at least one. They say how far the boundary moves. */
  readonly manifests: readonly EpochManifest[]
  /** Every view fed by the stream, its ledger included. A view whose hash changed loses its old segments and is building. */
  readonly views: readonly { readonly name: string; readonly hash: string }[]
  /** The new segments, of the manifests' ranges, and those that complete a view that is building. */
  readonly segments: readonly Segment[]
  /** Time of the publication, UTC ms. */
  readonly nowMs: number
}

/**
 * The snapshot after a seal: the base's segments and the new ones, the boundary moved past the manifests.
 *
 * @throws Error where a manifest does not begin where the base ends, or is of another stream or epoch length
 */
export function extendSnapshot({ base, manifests, views, segments, nowMs }: ExtendOptions): Snapshot {
  const newest = manifests.at(-1)
  if (!newest) throw new Error(`stream "${base?.stream}": a snapshot is extended by at least one manifest`)
  let boundary: Boundary = base?.boundary ?? {}
  const first: { [partition: number]: { offset: number; epoch: number } } = { ...base?.first }
  for (const manifest of manifests) {
    if (manifest.stream !== newest.stream || (base && base.stream !== manifest.stream)) {
      throw new Error(
        `stream "${base?.stream ?? newest.stream}": cannot be extended by a manifest of "${manifest.stream}"`,
      )
    }
    if (base && base.epochMs !== manifest.epochMs) {
      throw new Error(
        `stream "${base.stream}": epochs are ${base.epochMs} ms long, in the manifest ${manifest.epochMs} ms`,
      )
    }
    boundary = boundaryAfter(boundary, manifest)
    for (const p of manifest.partitions) first[p.partition] ??= { offset: p.from, epoch: 0 }
  }
  return buildSnapshot({
    stream: newest.stream,
    base,
    reason: 'seal',
    nowMs,
    epochMs: newest.epochMs,
    first,
    boundary,
    views,
    segments: [...(base?.segments ?? []), ...segments],
  })
}
