import { compileFeed } from '../../core/compile/compile-feed.js'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import type { FeedPosition, Generation } from '../../stores/collections/collection-port.js'
import { LatestWrites } from '../../stores/collections/latest-writes.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import type { CollectionDeps, CollectionRun } from './collection-deps.js'
import { checksumOf } from './generation-checksum.js'
import { generationName } from './generation-name.js'
import { epochRecords, importedRecords } from './lake-records.js'

export interface RebuildDeps extends CollectionDeps {
  readonly lake: Pick<LakeStore, 'imports' | 'manifests' | 'openScratch'>
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot'>
  readonly log: Pick<LogStore, 'offsets'>
}

/**
 * Imported records have no append time: their versions begin with 1970, below those of everything that came through Kafka,
 * and grow with the rows, no more to a millisecond than every store can tell apart.
 */
const IMPORTED_PER_MS = 2 ** 20

/**
 * Fills a generation of a fed collection with what the imports in force and the sealed epochs hold, and notes where each
 * partition goes on. Imported records come first, in the order of their imports: whatever came through Kafka is later. It is
 * not put in force: the live consumer takes it from there and switches when it has caught up. Repeating it changes nothing.
 *
 * @param run its id is part of the generation's name: another id makes another generation
 */
export async function rebuildGeneration(
  deps: RebuildDeps,
  collection: CollectionDefinition,
  run: CollectionRun,
): Promise<Generation> {
  const { collections, collectionSearch, lake, log, clock } = deps
  const { feed, name } = collection
  if (feed === null) throw new Error(`collection "${name}" is loaded by a source; there is nothing to rebuild it from`)
  const generation = generationName(collection, run.id)
  const before = await collections.generation(name, generation)
  if (before?.status === 'complete') return before
  const analysis = collection.search === null ? null : await collectionSearch.ensureGeneration(collection, generation)
  await collections.openGeneration(collection, { name: generation, run: run.id, createdAtMs: clock.now(), analysis })

  const manifests = await lake.manifests(feed.stream.name)
  const positions = new Map<number, FeedPosition>()
  // What Kafka holds of partitions that were never sealed is read live, from its first record.
  for (const { partition, low } of await log.offsets(feed.stream.topic))
    positions.set(partition, { next: low, timeMs: 0 })
  const latest = new Map<number, LatestWrites>()
  const compiled = compileFeed(collection)
  const write = async ({ documents, search }: ReturnType<LatestWrites['take']>): Promise<void> => {
    run.signal?.throwIfAborted()
    await collections.put(collection, generation, documents, true)
    if (collection.search !== null) await collectionSearch.put(collection, generation, search)
  }
  const imported = new LatestWrites(compiled, 0)
  let rows = 0
  for (const manifest of await importsInForce(deps, feed.stream.name)) {
    for await (const records of importedRecords(lake, feed.stream, manifest)) {
      for (const record of records) {
        imported.add(record, rows, Math.floor(rows / IMPORTED_PER_MS))
        rows++
      }
      await write(imported.take())
      run.progress?.({ collection: name, generation, import: manifest.sha256, rows })
    }
  }
  for (const manifest of manifests) {
    for (const { partition, to } of manifest.partitions) {
      run.signal?.throwIfAborted()
      const writes = latest.get(partition) ?? new LatestWrites(compiled, 0)
      latest.set(partition, writes)
      for await (const records of epochRecords(lake, feed.stream, manifest, partition)) {
        for (const record of records) writes.add(record, record._offset, record._ts)
        await write(writes.take())
        run.progress?.({ collection: name, generation, epoch: manifest.epoch, partition })
      }
      positions.set(partition, { next: to, timeMs: writes.timeMs })
    }
  }
  for (const [partition, position] of positions) await collections.setPosition(name, generation, partition, position)
  if (collection.search !== null) await collectionSearch.refresh(name, generation)
  const { checksum, count } = await checksumOf(collections.documents(name, generation))
  return collections.complete(name, generation, { loaded: count, rejected: 0, checksum, completedAtMs: clock.now() })
}

/** Oldest first. What lies in the lake and is not in force was refused, or is being imported. */
async function importsInForce({ lake, warm }: RebuildDeps, stream: string): Promise<readonly ImportManifest[]> {
  const inForce = (await currentSnapshot(warm, stream))?.imports ?? []
  const known = new Map((await lake.imports.manifests(stream)).map((manifest) => [manifest.sha256, manifest]))
  const manifests = inForce.map(({ sha256 }) => {
    const manifest = known.get(sha256)
    if (manifest === undefined) throw new Error(`stream "${stream}": import ${sha256} is in force, but not in the lake`)
    return manifest
  })
  return manifests.sort((a, b) => a.importedAtMs - b.importedAtMs || (a.sha256 < b.sha256 ? -1 : 1))
}
