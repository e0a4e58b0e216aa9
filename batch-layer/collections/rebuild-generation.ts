import { compileFeed } from '../../core/compile/compile-feed.js'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { EpochManifest } from '../../core/seam/manifest.js'
import type { FeedPosition, Generation } from '../../stores/collections/collection-port.js'
import { LatestWrites } from '../../stores/collections/latest-writes.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { CollectionDeps, CollectionRun } from './collection-deps.js'
import { checksumOf } from './generation-checksum.js'
import { generationName } from './generation-name.js'

export interface RebuildDeps extends CollectionDeps {
  readonly lake: Pick<LakeStore, 'manifests' | 'openScratch'>
  readonly log: Pick<LogStore, 'offsets'>
}

/** Records read from the lake at once. */
const ROWS_AT_ONCE = 20_000

/**
 * Fills a generation of a fed collection with what the sealed epochs hold, and notes where each partition goes on. It is not
 * put in force: the live consumer takes it from there and switches when it has caught up. Repeating it changes nothing.
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
  for (const manifest of manifests) {
    for (const { partition, to } of manifest.partitions) {
      run.signal?.throwIfAborted()
      const writes = latest.get(partition) ?? new LatestWrites(compiled, 0)
      latest.set(partition, writes)
      for await (const rows of recordsOf(lake, feed.stream, manifest, partition)) {
        for (const row of rows) writes.add(row as Row, row._offset, row._ts)
        const { documents, search } = writes.take()
        await collections.put(collection, generation, documents, true)
        if (collection.search !== null) await collectionSearch.put(collection, generation, search)
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

type LakeRow = Row & { readonly _offset: number; readonly _ts: number }

/** A partition's records of one epoch by offset, in pieces of bounded size. */
async function* recordsOf(
  lake: RebuildDeps['lake'],
  stream: StreamDefinition,
  manifest: EpochManifest,
  partition: number,
): AsyncGenerator<readonly LakeRow[]> {
  const partitions = manifest.partitions.filter(
    (one) => one.partition === partition && one.accepted + one.duplicates > 0,
  )
  if (partitions.length === 0) return
  const scratch = await lake.openScratch()
  try {
    // Duplicates too: they are counted once, but the latest document is the latest, as the live consumer writes it.
    for (const kind of ['records', 'duplicates'] as const)
      await scratch.loadManifest('records', [{ ...manifest, partitions }], stream, kind)
    for (let after = -1; ; ) {
      const rows = (await scratch.query(
        `SELECT * FROM records WHERE _offset > ${after} ORDER BY _offset LIMIT ${ROWS_AT_ONCE}`,
      )) as readonly LakeRow[] // the lake's columns are the stream's, and its own
      if (rows.length === 0) return
      yield rows
      after = (rows.at(-1) as LakeRow)._offset
    }
  } finally {
    await scratch.close()
  }
}
