import { type Client, errors, type estypes } from '@elastic/elasticsearch'
import { z } from 'zod'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/segment.js'
import type { SearchConnection } from '../connections.js'
import { documentFilter, segmentsOfFilter } from './alias-filter.js'
import { writeDocuments } from './bulk-writer.js'
import { cellDocuments } from './cell-documents.js'
import { searchClient } from './search-client.js'
import { type CompiledSearchOptions, compileSearchOptions, type SearchOptions } from './search-options.js'
import type { CoarseCells, SearchStore } from './search-port.js'
import { aliasName, indexDefinition, indexName, RESOLUTIONS } from './view-index.js'
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

  async putSegment(view: ViewDefinition, segment: Segment, { hours, days }: CoarseCells): Promise<void> {
    if (segment.viewHash !== view.hash) {
      throw new Error(`segment ${segment.id} has hash ${segment.viewHash}, view "${view.name}" has ${view.hash}`)
    }
    if (hours.length === 0) return
    const index = indexName(view)
    const documents = function* () {
      yield* cellDocuments(view, segment, 'hour', hours)
      yield* cellDocuments(view, segment, 'day', days)
    }
    await writeDocuments(this.client, this.address, index, documents(), this.options)
    await this.#run(() => this.client.indices.refresh({ index }))
  }

  async setAlias(view: ViewDefinition, segmentIds: readonly string[]): Promise<void> {
    const index = indexName(view)
    const actions: estypes.IndicesUpdateAliasesAction[] = []
    for (const resolution of RESOLUTIONS) {
      const alias = aliasName(view, resolution)
      for (const holder of Object.keys(await this.#holders(alias)))
        if (holder !== index) actions.push({ remove: { index: holder, alias, must_exist: false } })
      actions.push({ add: { index, alias, filter: documentFilter(resolution, segmentIds) } })
    }
    // One call, so that no reader sees two definitions of the view, or none.
    await this.#run(() => this.client.indices.updateAliases({ actions }))
  }

  async alias(view: ViewDefinition): Promise<readonly string[] | null> {
    const index = indexName(view)
    const shown: (readonly string[])[] = []
    for (const resolution of RESOLUTIONS) {
      const alias = aliasName(view, resolution)
      const holders = await this.#holders(alias)
      const names = Object.keys(holders)
      const segments = segmentsOfFilter(resolution, holders[index]?.aliases[alias]?.filter)
      if (names.length !== 1 || names[0] !== index || segments === null) return null
      shown.push(segments)
    }
    const [hours = [], days = []] = shown
    return hours.length === days.length && hours.every((id, i) => id === days[i]) ? hours : null
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
