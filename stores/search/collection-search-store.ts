import { type Client, errors } from '@elastic/elasticsearch'
import { z } from 'zod'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Analysis } from '../collections/collection-port.js'
import type { SearchConnection } from '../connections.js'
import { writeDocuments } from './bulk-writer.js'
import { collectionIndex, collectionIndexDefinition } from './collection-index.js'
import { searchBody, suggestBody } from './collection-query.js'
import type {
  CollectionSearchStore,
  FacetCount,
  SearchWrite,
  TextAnswer,
  TextHit,
  TextQuery,
} from './collection-search-port.js'
import { searchClient } from './search-client.js'
import { type CompiledSearchOptions, compileSearchOptions, type SearchOptions } from './search-options.js'
import { compileSynonyms, type Synonyms } from './synonyms.js'
import { withRetries } from './with-retries.js'

const key = z.union([z.string(), z.number()])
const buckets = z.object({
  buckets: z.array(z.object({ key, key_as_string: z.string().optional(), doc_count: z.int() })),
})
const reply = z.object({
  hits: z.object({
    total: z.object({ value: z.int() }),
    hits: z.array(
      z.object({
        _id: z.string(),
        _score: z.number().nullish(),
        _source: z.record(z.string(), z.unknown()),
        highlight: z.record(z.string(), z.array(z.string())).optional(),
      }),
    ),
  }),
  aggregations: z.record(z.string(), buckets).optional(),
})
const suggested = z.object({ aggregations: z.object({ values: buckets }) })
const metaReply = z.record(
  z.string(),
  z.object({ mappings: z.object({ _meta: z.object({ analysis: z.enum(['nori', 'bigram']) }) }) }),
)

/**
 * @param analyses what to try, the best first: an engine without Korean analysis refuses it
 * @throws SearchUnavailableError where the engine does not answer after the options' attempts
 */
export async function openCollectionSearch(
  connection: SearchConnection,
  options: SearchOptions = {},
  analyses: readonly Analysis[] = ['nori', 'bigram'],
): Promise<CollectionSearchStore> {
  const compiled = compileSearchOptions(options)
  const client = searchClient(connection, compiled)
  const address = new URL(connection.url).host
  try {
    await withRetries(address, compiled, () => client.info())
  } catch (failure) {
    await client.close()
    throw failure
  }
  return new ElasticCollections(client, address, compiled, analyses)
}

class ElasticCollections implements CollectionSearchStore {
  readonly #synonyms = new WeakMap<CollectionDefinition, Synonyms>()

  constructor(
    private readonly client: Client,
    private readonly address: string,
    private readonly options: CompiledSearchOptions,
    private readonly analyses: readonly Analysis[],
  ) {}

  async ensureGeneration(collection: CollectionDefinition, generation: string): Promise<Analysis> {
    const index = collectionIndex(collection.name, generation)
    let refusal: unknown
    for (const analysis of this.analyses) {
      try {
        await this.#run(() => this.client.indices.create({ index, ...collectionIndexDefinition(collection, analysis) }))
        return analysis
      } catch (failure) {
        if (isError(failure, 'resource_already_exists_exception')) return this.#analysisOf(index)
        if (!(analysis === 'nori' && isUnknownAnalysis(failure))) throw failure
        refusal = failure
      }
    }
    throw refusal
  }

  async put(collection: CollectionDefinition, generation: string, documents: readonly SearchWrite[]): Promise<void> {
    const writes = documents.map(({ id, value, version }) => ({
      id,
      source: value === null ? null : JSON.stringify(value),
      ...(version === undefined ? {} : { version }),
    }))
    const index = collectionIndex(collection.name, generation)
    await writeDocuments(this.client, this.address, index, writes, this.options)
  }

  async refresh(collection: string, generation: string): Promise<void> {
    await this.#run(() => this.client.indices.refresh({ index: collectionIndex(collection, generation) }))
  }

  async search(collection: CollectionDefinition, generation: string, query: TextQuery): Promise<TextAnswer> {
    const index = collectionIndex(collection.name, generation)
    const body = searchBody(collection, this.#synonymsOf(collection)(query.q), query)
    const { hits, aggregations } = reply.parse(await this.#run(() => this.client.search({ index, ...body })))
    return {
      total: hits.total.value,
      hits: hits.hits.map(
        (hit): TextHit => ({
          id: hit._id,
          score: hit._score ?? 0,
          value: hit._source,
          highlight: query.highlight ? (hit.highlight ?? {}) : null,
        }),
      ),
      facets: Object.fromEntries(
        Object.entries(aggregations ?? {}).map(([name, facet]) => [name, facet.buckets.map(facetCount)]),
      ),
    }
  }

  async suggest(
    collection: CollectionDefinition,
    generation: string,
    text: string,
    limit: number,
  ): Promise<readonly string[]> {
    const field = collection.search?.suggest
    if (!field || text.trim() === '') return []
    const index = collectionIndex(collection.name, generation)
    const body = suggestBody(collection, field, text, limit)
    const answer = suggested.parse(await this.#run(() => this.client.search({ index, ...body })))
    return answer.aggregations.values.buckets.map((bucket) => String(bucket.key))
  }

  async drop(collection: string, generation: string): Promise<void> {
    const index = collectionIndex(collection, generation)
    await this.#run(() => this.client.indices.delete({ index, ignore_unavailable: true }))
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  async #analysisOf(index: string): Promise<Analysis> {
    const answer = metaReply.parse(await this.#run(() => this.client.indices.getMapping({ index })))
    return answer[index]?.mappings._meta.analysis ?? 'bigram'
  }

  #synonymsOf(collection: CollectionDefinition): Synonyms {
    const known = this.#synonyms.get(collection)
    if (known !== undefined) return known
    const compiled = compileSynonyms(collection.search?.synonyms ?? [])
    this.#synonyms.set(collection, compiled)
    return compiled
  }

  #run<T>(request: () => Promise<T>): Promise<T> {
    return withRetries(this.address, this.options, request)
  }
}

function facetCount(bucket: z.infer<typeof buckets>['buckets'][number]): FacetCount {
  // only booleans are shown otherwise than they are counted: 1 and 0
  const value = bucket.key_as_string === undefined ? bucket.key : bucket.key_as_string === 'true'
  return { value, count: bucket.doc_count }
}

function isError(failure: unknown, type: string): boolean {
  return failure instanceof errors.ResponseError && JSON.stringify(failure.body).includes(`"${type}"`)
}

/** An engine says which part of an analysis it lacks; only Korean parts have this name. */
function isUnknownAnalysis(failure: unknown): boolean {
  return (
    failure instanceof errors.ResponseError &&
    failure.statusCode === 400 &&
    JSON.stringify(failure.body).includes('nori')
  )
}
