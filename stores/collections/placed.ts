import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Point } from './distance.js'
import { valueAt } from './field-filter.js'

/** Where a document lies on the map; null where its collection or the document does not say. */
export function placeOf(
  { place, columns }: Pick<CollectionDefinition, 'place' | 'columns'>,
  value: Readonly<Record<string, unknown>>,
): Point | null {
  if (place === null) return null
  const at = (name: string): unknown => {
    const column = columns.find((one) => one.name === name)
    return column === undefined ? null : valueAt(value, column)
  }
  const [lat, lon] = [at(place.lat), at(place.lon)]
  return typeof lat === 'number' && typeof lon === 'number' ? { lat, lon } : null
}
