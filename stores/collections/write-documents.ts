import type { AnyBulkWriteOperation, Collection } from 'mongodb'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import { type Doc, ignoreDuplicates } from '../warm/write-once.js'
import type { DocumentWrite } from './collection-port.js'
import { placeOf } from './placed.js'

/** @returns those that may be there already */
export async function insertNew(
  documents: Collection<Doc>,
  collection: CollectionDefinition,
  writes: readonly DocumentWrite[],
): Promise<readonly DocumentWrite[]> {
  try {
    await documents.insertMany(
      writes.map((write) => ({ _id: write.id, ...replacementOf(collection, write) })),
      { ordered: false },
    )
    return []
  } catch (failure) {
    ignoreDuplicates(failure)
    return writes // those that were inserted just now are there in the same version
  }
}

export async function replaceOlder(
  documents: Collection<Doc>,
  collection: CollectionDefinition,
  writes: readonly DocumentWrite[],
): Promise<void> {
  const operations = writes.map((write): AnyBulkWriteOperation<Doc> => {
    // One of the same or a higher version does not match, so that the insert that is tried instead meets its id.
    const filter = { _id: write.id, version: { $lt: write.version } }
    return { replaceOne: { filter, replacement: replacementOf(collection, write), upsert: true } }
  })
  await documents.bulkWrite(operations, { ordered: false }).catch(ignoreDuplicates)
}

function replacementOf(collection: CollectionDefinition, write: DocumentWrite): Record<string, unknown> {
  const { version, value } = write
  if (value === null) return { version, value: {}, removedAtMs: write.removedAtMs ?? 0 }
  const point = placeOf(collection, value)
  const onMap = point && { ...point, location: { type: 'Point', coordinates: [point.lon, point.lat] } }
  return { version, value, ...onMap }
}
