import type { estypes } from '@elastic/elasticsearch'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { FieldFilter } from '../collections/field-filter.js'
import { exactPath, pathOf } from './collection-index.js'
import type { TextQuery } from './collection-search-port.js'
import type { Alternatives } from './synonyms.js'

type Query = estypes.QueryDslQueryContainer

/** Values of a facet that are counted, the most usual first. */
const FACET_VALUES = 20

/** Body of a search. @param words those of the question, each with its synonyms */
export function searchBody(
  collection: CollectionDefinition,
  words: readonly Alternatives[],
  query: Omit<TextQuery, 'q'>,
): estypes.SearchRequest {
  const fields = (collection.search?.fields ?? []).map((field) => {
    const [name = '', weight] = field.split('^')
    return { path: pathOf(collection, name), weight }
  })
  const weighed = fields.map(({ path, weight }) => (weight === undefined ? path : `${path}^${weight}`))
  const [filter, must_not] = conditions(collection, query.filters)
  const must = words.map((alternatives): Query => ({ dis_max: { queries: alternatives.map(wordIn(weighed)) } }))
  const aggs = Object.fromEntries(
    query.facets.map((name) => [
      name,
      { terms: { field: exactPath(collection, pathOf(collection, name)), size: FACET_VALUES } },
    ]),
  )
  return {
    from: query.offset,
    size: query.limit,
    track_total_hits: true,
    query: { bool: { ...(must.length > 0 ? { must } : { must: [{ match_all: {} }] }), filter, must_not } },
    // one order for equal scores, so that pages neither repeat nor skip
    sort: ['_score', exactPath(collection, pathOf(collection, collection.id))],
    track_scores: true,
    ...(query.facets.length > 0 ? { aggs } : {}),
    ...(query.highlight ? { highlight: highlightOf(fields.map(({ path }) => path)) } : {}),
  }
}

/** Body that counts the values which begin as asked. @param field name of the column that is suggested */
export function suggestBody(
  collection: CollectionDefinition,
  field: string,
  text: string,
  limit: number,
): estypes.SearchRequest {
  const path = pathOf(collection, field)
  return {
    size: 0,
    query: { match: { [`${path}.start`]: { query: text, operator: 'and' } } },
    aggs: {
      values: {
        terms: { field: exactPath(collection, path), size: limit, order: [{ _count: 'desc' }, { _key: 'asc' }] },
      },
    },
  }
}

/** All parts of a word stand in one field. A word that analysis leaves nothing of asks for nothing. */
function wordIn(fields: readonly string[]): (word: string) => Query {
  return (word) => ({
    multi_match: { query: word, fields: [...fields], type: 'best_fields', operator: 'and', zero_terms_query: 'all' },
  })
}

function highlightOf(paths: readonly string[]): estypes.SearchHighlight {
  return {
    encoder: 'html',
    pre_tags: ['<em>'],
    post_tags: ['</em>'],
    fields: Object.fromEntries(paths.map((path) => [path, { number_of_fragments: 3, fragment_size: 120 }])),
  }
}

/** @returns conditions that hold, and conditions that do not */
function conditions(collection: CollectionDefinition, filters: readonly FieldFilter[]): [Query[], Query[]] {
  const holds: Query[] = []
  const fails: Query[] = []
  for (const filter of filters) {
    const { field } = filter
    const exact = exactPath(collection, field)
    switch (filter.kind) {
      case 'is':
        holds.push({ term: { [exact]: filter.value } })
        break
      case 'isNot':
        fails.push({ term: { [exact]: filter.value } })
        break
      case 'in':
        holds.push({ terms: { [exact]: [...filter.values] } })
        break
      case 'startsWith':
        holds.push({ prefix: { [exact]: filter.value } })
        break
      case 'null':
        fails.push({ exists: { field } })
        break
      case 'notNull':
        holds.push({ exists: { field } })
        break
      default:
        holds.push({ range: { [exact]: { [filter.kind]: filter.value } } } as Query) // the kinds are the engine's words
    }
  }
  return [holds, fails]
}
