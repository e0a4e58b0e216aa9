import type { Feed } from '../../core/compile/compile-feed.js'
import type { Decoder } from '../../core/decode/decoder.js'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { CollectionStore, FeedPosition } from '../../stores/collections/index.js'
import { LatestWrites } from '../../stores/collections/latest-writes.js'
import type { LogBatch } from '../../stores/log/index.js'
import type { CollectionSearchStore } from '../../stores/search/index.js'

export interface FeedDeps {
  readonly collections: Pick<CollectionStore, 'put' | 'setPosition'>
  readonly collectionSearch: Pick<CollectionSearchStore, 'put'>
}

/** A generation as it is being fed. */
export interface FedGeneration {
  readonly collection: CollectionDefinition
  readonly generation: string
  readonly feed: Feed
  readonly decoder: Decoder
}

/**
 * Writes what a batch leaves behind, then where its partition goes on: in this order, so that nothing is skipped; what is
 * written twice is written in the same version, which changes nothing. @returns where the partition goes on
 */
export async function feedBatch(
  { collection, generation, feed, decoder }: FedGeneration,
  batch: LogBatch,
  position: FeedPosition,
  { collections, collectionSearch }: FeedDeps,
): Promise<FeedPosition> {
  const writes = new LatestWrites(feed, position.timeMs)
  for (const { offset, timeMs, value, tick } of batch.records) {
    if (tick || offset < position.next) continue
    const decoded = decoder.decode(value, timeMs)
    if (decoded.ok) writes.add(decoded.row, offset, timeMs)
  }
  const next = { next: Math.max(position.next, batch.to), timeMs: writes.timeMs }
  if (writes.size > 0) {
    const { documents, search } = writes.take()
    await collections.put(collection, generation, documents)
    if (collection.search !== null) await collectionSearch.put(collection, generation, search)
  }
  await collections.setPosition(collection.name, generation, batch.partition, next)
  return next
}
