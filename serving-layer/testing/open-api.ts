import { once, setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import { openMemoryCollections } from '../../stores/collections/memory-collections.js'
import type { LogBatch, LogRecord, ProduceRecord, ReadRangeOptions } from '../../stores/log/log-port.js'
import type { TextAnswer, TextQuery } from '../../stores/search/index.js'
import type { RunReport } from '../../stores/warm/run-reports.js'
import type { Serving } from '../api/api-deps.js'
import { createApi } from '../api/app.js'
import type { SearchableCollections } from '../collections/collection-reader.js'
import { HttpMetrics } from '../metrics/http-metrics.js'
import type { Operations } from '../operations.js'
import { RetentionWatch } from '../watch/retention-watch.js'
import { openAnswers, silent } from './open-answers.js'
import type { World } from './world.js'

/** A parsed answer; tests look into it as far as they expect something. */
// biome-ignore lint/suspicious/noExplicitAny: what a test reads wrongly fails the test
export type Json = any

/** Kafka as the API sees it. */
export class FakeLog {
  readonly topics = new Map<string, LogRecord[]>()
  failure: Error | null = null

  async produce(topic: string, records: readonly ProduceRecord[]): Promise<void> {
    if (this.failure) throw this.failure
    const held = this.topics.get(topic) ?? []
    this.topics.set(topic, held)
    for (const { key, value } of records) {
      held.push({
        offset: held.length,
        timeMs: 0,
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        tick: false,
      })
    }
  }

  async offsets(topic: string) {
    if (this.failure) throw this.failure
    return [{ partition: 0, low: 0, high: this.topics.get(topic)?.length ?? 0 }]
  }

  async *readRange({ topic, partition, from, to = 0 }: ReadRangeOptions): AsyncGenerator<LogBatch> {
    yield { topic, partition, from, to, records: (this.topics.get(topic) ?? []).slice(from, to), highWatermark: to }
  }

  /** Values of a topic, as text. */
  values(topic: string): readonly string[] {
    return (this.topics.get(topic) ?? []).map(({ value }) => value?.toString('utf8') ?? '')
  }
}

/** Search over collections as the API sees it: says what it was asked. */
export class FakeSearch implements SearchableCollections {
  answer: TextAnswer = { total: 0, hits: [], facets: {} }
  failure: Error | null = null
  readonly asked: { readonly generation: string; readonly query: TextQuery }[] = []

  async search(_collection: CollectionDefinition, generation: string, query: TextQuery): Promise<TextAnswer> {
    if (this.failure) throw this.failure
    this.asked.push({ generation, query })
    return this.answer
  }

  async suggest(_collection: CollectionDefinition, _generation: string, text: string, limit: number) {
    return ['생수', '생수 2L'].filter((one) => one.startsWith(text)).slice(0, limit)
  }
}

const refuse = async (): Promise<never> => {
  throw new Error('this test gave the API no operations')
}
export const NO_OPERATIONS: Operations = {
  startBackfill: refuse,
  backfills: refuse,
  backfill: refuse,
  orderBackfill: refuse,
  decideSnapshot: refuse,
}

/** The API over a world, on a port of its own. */
export async function openApi(
  world: World,
  {
    prepared = true,
    reports = [],
    retentionMs = null,
    operations = NO_OPERATIONS,
  }: {
    prepared?: boolean
    reports?: readonly RunReport[]
    retentionMs?: number | null
    operations?: Operations
  } = {},
) {
  const opened = await openAnswers(world)
  const log = new FakeLog()
  const collections = openMemoryCollections()
  const search = new FakeSearch()
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const aliases = { differences: [] as { view: string; missing: number; extra: number }[], failure: null }
  const { readers } = opened
  const retention = new RetentionWatch({
    ...{ streams: readers.streams, clock: world.clock, logger: silent, everyMs: 1_000 },
    log: { retentionMs: async () => retentionMs },
  })
  const serving = { ...opened, aliases, retention } as unknown as Serving
  const metrics = new HttpMetrics()
  const app = createApi({
    catalog: world.catalog,
    warm: world.warm,
    log,
    collections,
    collectionSearch: search,
    operations,
    clock: world.clock,
    logger: silent,
    metrics,
    signal: stop.signal,
    temporalUiUrl: null,
    runs: {
      one: async (id) => reports.find((report) => report.id === id) ?? null,
      list: async (limit) => reports.slice(0, limit),
    },
    serving: () => (prepared ? serving : null),
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...opened,
    log,
    collections,
    search,
    url,
    aliases,
    retention,
    async get(path: string): Promise<{ status: number; type: string; body: Json }> {
      const response = await fetch(`${url}${path}`)
      const text = await response.text()
      const type = response.headers.get('content-type') ?? ''
      return {
        status: response.status,
        type,
        body: /json/.test(type) && !/ndjson/.test(type) ? JSON.parse(text) : text,
      }
    },
    async post(path: string, body: string | Uint8Array, type = 'application/json') {
      const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': type } })
      return {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        body: (await response.json()) as Json,
      }
    },
    async close(): Promise<void> {
      stop.abort()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
