import { type Client, errors } from '@elastic/elasticsearch'
import { z } from 'zod'
import type { EncodedCell } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/segment.js'
import type { SearchConnection } from '../connections.js'
import { segmentFilter, segmentsOfFilter } from './alias-filter.js'
import { writeDocuments } from './bulk-writer.js'
import { cellDocuments } from './cell-documents.js'
import { searchClient } from './search-client.js'
import { type CompiledSearchOptions, compileSearchOptions, type SearchOptions } from './search-options.js'
import type { SearchStore } from './search-port.js'
import { aliasName, indexDefinition, indexName } from './view-index.js'
import { withRetries } from './with-retries.js'

/** What `GET /_alias/<name>` answers: per index its aliases. */
const aliasReply = z.record(z.string(), z.object({ aliases: z.record(z.string(), z.object({ filter: z.unknown() })) }))

/** @throws SearchUnavailableError where the engine does not answer after the options' attempts */
export async function openSearch(connection: SearchConnection, options: SearchOptions = {}): Promise<SearchStore> {
  const compiled = compileSearchOptions(options)
  const client = searchClient(connection, compiled)
  const store = new ElasticSearchStore(client, new URL(connection.url).host, compiled)
  try {
    await withRetries(store.address, compiled, () => client.info())
    return store
  } catch (failure) {
    await client.close()
    throw failure
  }
}

class ElasticSearchStore implements SearchStore {
  constructor(
    private readonly client: Client,
    readonly address: string,
    private readonly options: CompiledSearchOptions,
  ) {}

  async ensureView(view: ViewDefinition): Promise<void> {
    const index = indexName(view)
    await this.#run(async () => {
      try {
        await this.client.indices.create({ index, ...indexDefinition(view) })
      } catch (failure) {
        // Made from the view's hash: an index that exists has this very mapping.
        if (!isError(failure, 'resource_already_exists_exception')) throw failure
      }
    })
  }

  async putSegment(view: ViewDefinition, segment: Segment, cells: readonly EncodedCell[]): Promise<void> {
    if (segment.viewHash !== view.hash) {
      throw new Error(`segment ${segment.id} has hash ${segment.viewHash}, view "${view.name}" has ${view.hash}`)
    }
    if (cells.length === 0) return
    const index = indexName(view)
    await writeDocuments(this.client, this.address, index, cellDocuments(view, segment, cells), this.options)
    await this.#run(() => this.client.indices.refresh({ index }))
  }

  async setAlias(view: ViewDefinition, segmentIds: readonly string[]): Promise<void> {
    const alias = aliasName(view)
    const index = indexName(view)
    const holders = Object.keys(await this.#holders(alias)).filter((holder) => holder !== index)
    // One call, so that no reader sees two definitions of the view, or none.
    await this.#run(() =>
      this.client.indices.updateAliases({
        actions: [
          ...holders.map((holder) => ({ remove: { index: holder, alias, must_exist: false } })),
          { add: { index, alias, filter: segmentFilter(segmentIds) } },
        ],
      }),
    )
  }

  async alias(view: ViewDefinition): Promise<readonly string[] | null> {
    const alias = aliasName(view)
    const holders = await this.#holders(alias)
    const names = Object.keys(holders)
    if (names.length !== 1 || names[0] !== indexName(view)) return null
    return segmentsOfFilter(holders[indexName(view)]?.aliases[alias]?.filter)
  }

  async ping(): Promise<void> {
    await withRetries(this.address, { ...this.options, maxAttempts: 1 }, () => this.client.ping())
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  async #holders(alias: string): Promise<z.infer<typeof aliasReply>> {
    return this.#run(async () => {
      try {
        return aliasReply.parse(await this.client.indices.getAlias({ name: alias }))
      } catch (failure) {
        if (failure instanceof errors.ResponseError && failure.statusCode === 404) return {}
        throw failure
      }
    })
  }

  #run<T>(request: () => Promise<T>): Promise<T> {
    return withRetries(this.address, this.options, request)
  }
}

function isError(failure: unknown, type: string): boolean {
  if (!(failure instanceof errors.ResponseError)) return false
  const body: unknown = failure.body
  const parsed = z.object({ error: z.object({ type: z.string() }) }).safeParse(body)
  return parsed.success && parsed.data.error.type === type
}
