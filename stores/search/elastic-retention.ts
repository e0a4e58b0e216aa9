import { type Client, errors } from '@elastic/elasticsearch'
import { z } from 'zod'
import type { SearchConnection } from '../connections.js'
import { searchClient } from './search-client.js'
import { type CompiledSearchOptions, compileSearchOptions, type SearchOptions } from './search-options.js'
import type { SearchRetention, SegmentDocuments } from './search-retention.js'
import { viewOfIndex } from './view-index.js'
import { withRetries } from './with-retries.js'

/** Segments listed in one answer, and removed by one request. */
const PAGE = 1_000

const page = z.object({
  aggregations: z.object({
    segments: z.object({
      buckets: z.array(z.object({ key: z.object({ segment: z.string() }) })),
      after_key: z.object({ segment: z.string() }).optional(),
    }),
  }),
})

export function openSearchRetention(connection: SearchConnection, options: SearchOptions = {}): SearchRetention {
  const compiled = compileSearchOptions(options)
  return new ElasticRetention(searchClient(connection, compiled), new URL(connection.url).host, compiled)
}

class ElasticRetention implements SearchRetention {
  constructor(
    private readonly client: Client,
    private readonly address: string,
    private readonly options: CompiledSearchOptions,
  ) {}

  async *stored(views: readonly string[]): AsyncGenerator<SegmentDocuments> {
    for (const index of await this.#indices(new Set(views))) {
      let after: { segment: string } | undefined
      do {
        const composite = {
          size: PAGE,
          sources: [{ segment: { terms: { field: 'segment' } } }],
          ...(after === undefined ? {} : { after }),
        }
        const answer: unknown = await this.#run(() =>
          this.client.search({ index, size: 0, aggs: { segments: { composite } } }),
        )
        const { buckets, after_key } = page.parse(answer).aggregations.segments
        for (const { key } of buckets) yield { index, segment: key.segment }
        after = after_key
      } while (after !== undefined)
    }
  }

  async remove(index: string, segments: readonly string[]): Promise<void> {
    for (let i = 0; i < segments.length; i += PAGE) {
      const segment = segments.slice(i, i + PAGE)
      await this.#run(() =>
        this.client.deleteByQuery({ index, query: { terms: { segment } }, conflicts: 'proceed', refresh: true }),
      )
    }
    const aliases = await this.#run(() => this.client.indices.getAlias({ index }))
    if (Object.keys(aliases[index]?.aliases ?? {}).length > 0) return
    const { count } = await this.#run(() => this.client.count({ index }))
    if (count === 0) await this.#run(() => this.client.indices.delete({ index, ignore_unavailable: true }))
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  async #indices(views: ReadonlySet<string>): Promise<readonly string[]> {
    try {
      const found = await this.#run(() => this.client.indices.getMapping({ index: 'tandem-*' }))
      return Object.entries(found)
        .filter(([name, { mappings }]) => {
          const view = viewOfIndex(name)
          return view !== null && views.has(view) && mappings.properties?.segment?.type === 'keyword'
        })
        .map(([name]) => name)
        .sort()
    } catch (failure) {
      if (failure instanceof errors.ResponseError && failure.statusCode === 404) return []
      throw failure
    }
  }

  #run<T>(request: () => Promise<T>): Promise<T> {
    return withRetries(this.address, this.options, request)
  }
}
