import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { StoredDocument } from '../../stores/collections/collection-port.js'
import { placeOf } from '../../stores/collections/placed.js'

/** A document as the API shows it: its id, its fields and, where it is on a map, a GeoJSON point. */
export function showDocument(collection: CollectionDefinition, { id, value }: StoredDocument) {
  const point = placeOf(collection, value)
  if (collection.place === null) return { id, document: value }
  return { id, document: value, location: point && { type: 'Point', coordinates: [point.lon, point.lat] } }
}
