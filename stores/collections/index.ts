/**
 * MongoDB: the documents of collections, generation by generation, and which generation is in force.
 * @module
 */
export type {
  Analysis,
  CollectionPointer,
  CollectionStore,
  DocumentWrite,
  FeedPosition,
  Generation,
  GenerationFacts,
  ListQuery,
  NearDocument,
  NearQuery,
  NewGeneration,
  StoredDocument,
} from './collection-port.js'
export { distanceKm, type Point } from './distance.js'
export { type FieldFilter, type FieldValue, satisfies, valueAt } from './field-filter.js'
export { openMemoryCollections } from './memory-collections.js'
export { openCollections } from './mongo-collections.js'
export { placeOf } from './placed.js'
export { searchVersionOf } from './search-version.js'
export { versionOf } from './version-of.js'
