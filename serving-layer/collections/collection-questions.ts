import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { ListQuery, NearQuery } from '../../stores/collections/collection-port.js'
import type { FieldFilter } from '../../stores/collections/field-filter.js'
import type { TextQuery } from '../../stores/search/collection-search-port.js'
import { ParameterError } from '../query/parameter-error.js'
import { one, type Parameters, parseLimit, refuseUnknown } from '../query/view-query.js'
import { parseFieldFilter } from './parse-field-filter.js'

/** Bounds of what is asked of collections. */
export const COLLECTION_LIMITS = Object.freeze({
  documents: { otherwise: 100, max: 1_000 },
  hits: { otherwise: 30, max: 1_000 },
  /** Hits that can be reached by offset and limit: the engines' own bound. */
  reach: 10_000,
  suggestions: { otherwise: 10, max: 50 },
  km: { otherwise: 10, max: 100 },
  /** Letters of a question. */
  words: 200,
})

/** @throws ParameterError naming the first parameter that cannot be used; so the others */
export function parseListQuery(collection: CollectionDefinition, parameters: Parameters): ListQuery {
  refuseUnknown(parameters, ['filter', 'limit', 'after'])
  const { otherwise, max } = COLLECTION_LIMITS.documents
  return {
    filters: filtersOf(collection, parameters),
    limit: parseLimit(one(parameters, 'limit'), otherwise, max),
    after: one(parameters, 'after') ?? null,
  }
}

export function parseNearQuery(collection: CollectionDefinition, parameters: Parameters): NearQuery {
  refuseUnknown(parameters, ['lat', 'lng', 'km', 'filter', 'limit'])
  const { otherwise, max } = COLLECTION_LIMITS.documents
  const { km } = COLLECTION_LIMITS
  return {
    lat: number(parameters, 'lat', -90, 90),
    lon: number(parameters, 'lng', -180, 180),
    km: one(parameters, 'km') === undefined ? km.otherwise : number(parameters, 'km', 0, km.max),
    filters: filtersOf(collection, parameters),
    limit: parseLimit(one(parameters, 'limit'), otherwise, max),
  }
}

export function parseTextQuery(collection: CollectionDefinition, parameters: Parameters): TextQuery {
  refuseUnknown(parameters, ['q', 'filter', 'facets', 'limit', 'offset', 'highlight'])
  const { hits, reach } = COLLECTION_LIMITS
  const limit = parseLimit(one(parameters, 'limit'), hits.otherwise, hits.max)
  const offsetText = one(parameters, 'offset') ?? '0'
  const offset = /^\d{1,9}$/.test(offsetText) ? Number(offsetText) : -1
  if (offset < 0 || offset + limit > reach)
    throw new ParameterError('offset', offsetText, `a whole number from 0; offset and limit reach ${reach} together`)
  return {
    q: words(parameters),
    filters: filtersOf(collection, parameters),
    facets: facetsOf(collection, one(parameters, 'facets')),
    limit,
    offset,
    highlight: flag(parameters, 'highlight', true),
  }
}

export function parseSuggestQuery(parameters: Parameters): { readonly q: string; readonly limit: number } {
  refuseUnknown(parameters, ['q', 'limit'])
  const { otherwise, max } = COLLECTION_LIMITS.suggestions
  return { q: words(parameters), limit: parseLimit(one(parameters, 'limit'), otherwise, max) }
}

function filtersOf(collection: CollectionDefinition, parameters: Parameters): readonly FieldFilter[] {
  return (parameters.get('filter') ?? []).map((text) => parseFieldFilter(text, collection))
}

function words(parameters: Parameters): string {
  const q = one(parameters, 'q') ?? ''
  if (q.length > COLLECTION_LIMITS.words)
    throw new ParameterError('q', q, `at most ${COLLECTION_LIMITS.words} characters`)
  return q
}

/** Absent: every facet of the collection. Given empty: none. */
function facetsOf({ search }: CollectionDefinition, text: string | undefined): readonly string[] {
  const known = search?.facets ?? []
  if (text === undefined) return known
  const names = text.split(',').filter(Boolean)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new ParameterError('facets', unknown, `facets of the collection (${known.join(', ') || 'it has none'})`)
  return [...new Set(names)]
}

function flag(parameters: Parameters, name: string, otherwise: boolean): boolean {
  const text = one(parameters, name)
  if (text === undefined) return otherwise
  if (text !== 'true' && text !== 'false') throw new ParameterError(name, text, 'true or false')
  return text === 'true'
}

function number(parameters: Parameters, name: string, min: number, max: number): number {
  const text = one(parameters, name)
  const value = text !== undefined && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new ParameterError(name, text ?? '', `a number from ${min} to ${max}`)
  return value
}
