import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import { COLLECTION_LIMITS } from '../collections/collection-questions.js'
import { FILTER_OPERATORS } from '../query/filter.js'

type Json = Readonly<Record<string, unknown>>

/** Paths of collections, their names being those of the catalog. */
export function collectionPaths(collections: readonly CollectionDefinition[]): Record<string, Json> {
  const { documents, hits, reach, suggestions, km, words } = COLLECTION_LIMITS
  const name = (fits: (one: CollectionDefinition) => boolean): Json => ({
    name: 'name',
    in: 'path',
    required: true,
    schema: { type: 'string', enum: collections.filter(fits).map((one) => one.name) },
  })
  const every = name(() => true)
  const searched = name(({ search }) => search !== null)
  const limit = (bounds: { readonly otherwise: number; readonly max: number }): Json =>
    query('limit', 'Entries at most.', { type: 'integer', minimum: 1, maximum: bounds.max, default: bounds.otherwise })
  const filter = {
    ...query('filter', FILTER, { type: 'array', items: { type: 'string' } }),
    explode: true,
  }
  const q = query('q', 'Words that are all to be found, or what means the same; empty for every document.', {
    type: 'string',
    maxLength: words,
  })
  const degrees = (one: string, bound: number): Json => ({
    ...query(one, 'Degrees, WGS 84.', { type: 'number', minimum: -bound, maximum: bound }),
    required: true,
  })
  return {
    '/v1/collections': get('Definitions of all collections', []),
    '/v1/collections/{name}': get('Documents in the order of their ids', [
      every,
      filter,
      limit(documents),
      query('after', 'Id of the last document of the page before; `next` of its answer.', { type: 'string' }),
    ]),
    '/v1/collections/{name}/{id}': get('The latest document of an id', [
      every,
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ]),
    '/v1/search/{name}': get('Documents found by words, the best first, with counts of their facets', [
      searched,
      q,
      filter,
      query('facets', 'Facets to count, separated by commas; all of the collection by default, empty for none.', {
        type: 'string',
      }),
      limit(hits),
      query('offset', `Hits to skip; with limit at most ${reach}.`, { type: 'integer', minimum: 0, default: 0 }),
      query('highlight', 'Whether hits show where the words stand, between `<em>` and `</em>`.', {
        type: 'boolean',
        default: true,
      }),
    ]),
    '/v1/search/{name}/suggest': get('Values that begin so, or have a word that does, the most usual first', [
      name(({ search }) => search?.suggest != null),
      q,
      limit(suggestions),
    ]),
    '/v1/near/{name}': get('Documents around a point, the nearest first, each with its distance in km', [
      name(({ place }) => place !== null),
      degrees('lat', 90),
      degrees('lng', 180),
      query('km', 'Radius.', { type: 'number', minimum: 0, maximum: km.max, default: km.otherwise }),
      filter,
      limit(documents),
    ]),
  }
}

const FILTER = `\`<field>:<operator>:<value>\`, repeatable, all must hold. Operators: ${FILTER_OPERATORS.join(', ')}, as for views.`
const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }

function get(summary: string, parameters: readonly Json[]): Json {
  return {
    get: {
      tags: ['collections'],
      summary,
      parameters,
      responses: {
        200: {
          description:
            'The answer; `provenance` names the generation, when it was made and what is not as it should be',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        400: { description: 'A parameter cannot be used', content: PROBLEM },
        404: { description: 'No such collection or document', content: PROBLEM },
        503: { description: 'An engine is down, or nothing is loaded yet', content: PROBLEM },
      },
    },
  }
}

function query(name: string, description: string, schema: Json): Json {
  return { name, in: 'query', description, schema }
}
