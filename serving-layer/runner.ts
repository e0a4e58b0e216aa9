import { once, setMaxListeners } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { hostname } from 'node:os'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Clock } from '../core/time/clock.js'
import { type CollectionStore, openCollections } from '../stores/collections/index.js'
import type { Connections } from '../stores/connections.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { openCold } from '../stores/lake/open-cold.js'
import { openLog } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { type CollectionSearchStore, openCollectionSearch, openSearch } from '../stores/search/index.js'
import { segmentCells } from '../stores/tiers/index.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { openRunReports } from '../stores/warm/mongo-run-reports.js'
import type { RunReports } from '../stores/warm/run-reports.js'
import type { Serving } from './api/api-deps.js'
import { createApi } from './api/app.js'
import { troublesOf, waitingFor } from './api/routes/health.js'
import { awaitStreams } from './await-streams.js'
import type { ReadableCollections, SearchableCollections } from './collections/collection-reader.js'
import { HttpMetrics } from './metrics/http-metrics.js'
import { pause } from './mirror/pause.js'
import { openPatiently, type PatientStore } from './open-patiently.js'
import type { Operations } from './operations.js'
import { SERVING_DEFAULTS } from './options.js'
import { Answers } from './query/answers.js'
import { Readers } from './read/readers.js'
import { UnavailableError } from './unavailable-error.js'
import { AliasWatch } from './watch/alias-watch.js'
import { HealthWatch } from './watch/health-watch.js'
import { ParityWatch } from './watch/parity-watch.js'
import { RetentionWatch } from './watch/retention-watch.js'

export interface ServingRunOptions {
  readonly connections: Connections
  readonly catalog: Catalog
  /** Folder of the lake, whose cold tier answers for what MongoDB no longer holds. */
  readonly lakeRoot: string
  readonly clock: Clock
  readonly logger: Logger
  /** Raised to stop: requests under way are answered, live listeners let go. */
  readonly signal: AbortSignal
  /** 0 picks a free one. */
  readonly port: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** What people do through the API beside asking. */
  readonly operations: Operations
  /** Where the web UI of Temporal is, for people; shown on the live page. */
  readonly temporalUiUrl?: string
  /** Called once with the address, when requests are answered. */
  readonly onListening?: (url: string) => void
}

/** Whoever searches waits: an engine that is away is told of soon. */
const SEARCHING = { requestTimeoutMs: 10_000, maxAttempts: 2 } as const

/** Reading a day of a segment takes little. */
const COLD = { threads: 1, memoryBytes: 128 * 1024 * 1024 } as const

const TIMING = {
  healthMs: 1_000,
  parityMs: 10_000,
  aliasMs: 30_000,
  retentionMs: 10_000,
  reportMs: 1_000,
  reportTtlMs: 5_000,
  stopMs: 4_000,
  idleAfterMs: 60_000,
  /** Longer than proxies and clients keep idle connections (commonly 60 s), so that they close first and never send into a closed one. */
  keepAliveMs: 65_000,
} as const

/**
 * Runs the serving layer until the signal. HTTP answers at once; views are answered as soon as MongoDB has the settings of
 * every stream. Redis and Elasticsearch may come later: without Redis an answer is the snapshot alone.
 */
export async function runServing(options: ServingRunOptions): Promise<void> {
  const { connections, catalog, clock, logger, operations } = options
  // Raised at the end however it comes, so that nothing goes on trying after a failure.
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  setMaxListeners(0, signal) // every loop and every pause of one listens to it
  const patience = { logger, signal }
  const redis = openPatiently('Redis', () => openHot(connections.redis), patience)
  const mongo = openPatiently('MongoDB', () => openWarm(connections.mongo), patience)
  const elastic = openPatiently('Elasticsearch', () => openSearch(connections.search), patience)
  const documents = openPatiently('MongoDB', () => openCollections(connections.mongo), patience)
  const reports = openPatiently('MongoDB', () => openRunReports(connections.mongo), patience)
  const words = openPatiently('Elasticsearch', () => openCollectionSearch(connections.search, SEARCHING), patience)
  const log = openLog(connections.kafka, { clientId: 'tandem-serving', logger })
  const cold = openCold(options.lakeRoot, COLD)
  const releasers: (() => Promise<void>)[] = [
    redis.close,
    mongo.close,
    elastic.close,
    documents.close,
    reports.close,
    words.close,
    () => log.close(),
    () => cold.close(),
  ]
  try {
    const hot = hotOf(redis)
    const metrics = new HttpMetrics()
    let serving: Serving | null = null
    const warm = warmOf(mongo)
    const temporalUiUrl = options.temporalUiUrl ?? null
    const app = createApi({
      ...{ catalog, warm, log, operations, clock, logger, metrics, signal, temporalUiUrl, serving: () => serving },
      ...{
        collections: collectionsOf(documents),
        collectionSearch: searchOf(words),
        runs: runsOf(reports),
        temporalNamespace: connections.temporal.namespace,
      },
    })
    const { url, close } = await listen(app, options)
    releasers.push(close)
    logger.info({ url }, 'the API listens')
    options.onListening?.(url)
    const reporting = reportUntil(signal, hot, clock, url, () => serving)
    const settings = (await mongo.opened) && (await awaitStreams([...catalog.streams.keys()], { warm, logger, signal }))
    if (settings) {
      const source = segmentCells(warm, cold)
      const readers = new Readers({ catalog, settings, hot, warm, source, clock, logger, options: SERVING_DEFAULTS })
      const epochMs = new Map(settings.map((one) => [one.stream, one.epochMs]))
      const health = new HealthWatch(hot, TIMING.healthMs)
      const parity = new ParityWatch({
        warm,
        epochMsOf: (stream) => epochMs.get(stream) ?? 1,
        streams: [...catalog.streams.keys()],
        clock,
        everyMs: TIMING.parityMs,
      })
      const aliases = new AliasWatch({ alias: async (view) => elastic.get().alias(view) }, readers, TIMING.aliasMs)
      const answers = new Answers({ readers, parity, health, clock, idleAfterMs: TIMING.idleAfterMs })
      const everyMs = TIMING.retentionMs
      const retention = new RetentionWatch({ streams: readers.streams, log, clock, logger, everyMs })
      serving = { readers, answers, parity, health, aliases, retention }
      const watches = [readers, health, parity, aliases, retention]
      await Promise.all(watches.map((watch) => watch.run(signal)))
    }
    await reporting
  } finally {
    ended.abort()
    for (const release of releasers.reverse()) {
      await release().catch((error: unknown) => logger.warn({ error }, 'closing failed'))
    }
  }
}

type HotCalls = Pick<HotStore, 'follow' | 'partitions' | 'health' | 'reportHealth'>

function hotOf({ get }: PatientStore<HotStore>): HotCalls {
  return {
    follow: async (keyspace, partition, cursor) => get().follow(keyspace, partition, cursor),
    partitions: async (keyspace) => get().partitions(keyspace),
    health: async () => get().health(),
    reportHealth: async (report, ttlMs) => get().reportHealth(report, ttlMs),
  }
}

function runsOf({ get }: PatientStore<RunReports>): Pick<RunReports, 'one' | 'list'> {
  return { one: async (id) => get().one(id), list: async (limit) => get().list(limit) }
}

type WarmCalls = Pick<
  WarmStore,
  | 'streams'
  | 'pointer'
  | 'snapshot'
  | 'snapshots'
  | 'held'
  | 'heldSnapshots'
  | 'cells'
  | 'cellsOfDay'
  | 'tiers'
  | 'parity'
  | 'ledger'
  | 'viewSet'
  | 'restatement'
>

function warmOf({ get }: PatientStore<WarmStore>): WarmCalls {
  return {
    streams: async () => get().streams(),
    pointer: async (stream) => get().pointer(stream),
    snapshot: async (id) => get().snapshot(id),
    snapshots: async (stream, limit) => get().snapshots(stream, limit),
    held: async (id) => get().held(id),
    heldSnapshots: async (filter) => get().heldSnapshots(filter),
    cells: async (id, days) => get().cells(id, days),
    cellsOfDay: async (segments, day) => get().cellsOfDay(segments, day),
    tiers: async (segments) => get().tiers(segments),
    parity: async (filter) => get().parity(filter),
    ledger: async (filter) => get().ledger(filter),
    viewSet: async (name) => get().viewSet(name),
    restatement: async (stream) => get().restatement(stream),
  }
}

function collectionsOf(store: PatientStore<CollectionStore>): ReadableCollections {
  const get = () => openOrUnavailable(store, 'mongodb')
  return {
    pointer: async (collection) => get().pointer(collection),
    generation: async (collection, name) => get().generation(collection, name),
    get: async (collection, generation, id) => get().get(collection, generation, id),
    list: async (collection, generation, query) => get().list(collection, generation, query),
    near: async (collection, generation, query) => get().near(collection, generation, query),
    positions: async (collection, generation) => get().positions(collection, generation),
  }
}

function searchOf(store: PatientStore<CollectionSearchStore>): SearchableCollections {
  const get = () => openOrUnavailable(store, 'elasticsearch')
  return {
    search: async (collection, generation, query) => get().search(collection, generation, query),
    suggest: async (collection, generation, text, limit) => get().suggest(collection, generation, text, limit),
  }
}

/** While it was not opened yet, why not is what the answer says. */
function openOrUnavailable<T>({ get }: PatientStore<T>, code: 'mongodb' | 'elasticsearch'): T {
  try {
    return get()
  } catch (error) {
    throw new UnavailableError(error instanceof Error ? error.message : String(error), code, {}, { cause: error })
  }
}

async function listen(
  app: RequestListener,
  options: ServingRunOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer({ keepAliveTimeout: TIMING.keepAliveMs }, app)
  server.listen(options.port, host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  return { url: `http://${host}:${port}`, close: () => closeServer(server) }
}

/** Says every second that the process is there and whether it can answer. */
async function reportUntil(
  signal: AbortSignal,
  hot: Pick<HotStore, 'reportHealth'>,
  clock: Clock,
  url: string,
  serving: () => Serving | null,
): Promise<void> {
  const instance = `${hostname()}:${process.pid}`
  while (!signal.aborted) {
    const now = serving()
    const waiting = waitingFor(now)
    const detail = { url, waiting, troubles: now ? troublesOf(now) : [], rssBytes: process.memoryUsage.rss() }
    try {
      await hot.reportHealth(
        { layer: 'serving', instance, atMs: clock.now(), ready: waiting.length === 0, detail },
        TIMING.reportTtlMs,
      )
    } catch {
      // Redis is down: there is nowhere to report to, and answers and `/healthz` say so themselves.
    }
    await pause(TIMING.reportMs, signal)
  }
}

async function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), TIMING.stopMs)
  await closed
  clearTimeout(timer)
}
