/**
 * Elasticsearch or OpenSearch: one document per coarse cell, and an alias that shows the segments in force.
 * @module
 */
export type {
  CollectionSearchStore,
  FacetCount,
  SearchWrite,
  TextAnswer,
  TextHit,
  TextQuery,
} from './collection-search-port.js'
export { openCollectionSearch } from './collection-search-store.js'
export type { SearchOptions } from './search-options.js'
export type { SearchStore } from './search-port.js'
export { openSearch } from './search-store.js'
export { SearchUnavailableError } from './search-unavailable-error.js'
