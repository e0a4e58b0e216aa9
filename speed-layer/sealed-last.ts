import type { LastRecord } from '../core/seam/boundary.js'
import type { EpochManifest } from '../core/seam/index.js'

/** What reading takes of memory; it happens when a partition begins at a boundary, and soon no more. */
const READING = Object.freeze({ threads: 1, memoryBytes: 256 * 1024 * 1024 })

/** The last record before a boundary as the lake's manifests tell it; null where none of them ends there. */
export async function sealedLast(
  stream: string,
  partition: number,
  offset: number,
  lakeRoot: string | undefined,
): Promise<LastRecord | null> {
  if (lakeRoot === undefined || offset === 0) return null
  const { openLake } = await import('../stores/lake/index.js')
  const lake = await openLake(lakeRoot, READING)
  try {
    const newest = await lake.lastManifest(stream)
    return lastOf(newest, partition, offset) ?? lastAmong(await lake.manifests(stream), partition, offset)
  } finally {
    await lake.close()
  }
}

function lastAmong(manifests: readonly EpochManifest[], partition: number, offset: number): LastRecord | null {
  const ends = manifests.map((manifest) => lastOf(manifest, partition, offset)).filter((last) => last !== null)
  return ends.at(-1) ?? null
}

function lastOf(manifest: EpochManifest | null, partition: number, offset: number): LastRecord | null {
  return manifest?.partitions.find((p) => p.partition === partition && p.to === offset)?.last ?? null
}
