import { once, setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Clock } from '../core/time/clock.js'
import type { Connections } from '../stores/connections.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { openLog } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { openSearch } from '../stores/search/index.js'
import { openWarm } from '../stores/warm/index.js'
import type { Serving } from './api/api-deps.js'
import { createApi } from './api/app.js'
import { troublesOf, waitingFor } from './api/routes/health.js'
import { awaitStreams } from './await-streams.js'
import { HttpMetrics } from './metrics/http-metrics.js'
import { pause } from './mirror/pause.js'
import { SERVING_DEFAULTS } from './options.js'
import { Answers } from './query/answers.js'
import { Readers } from './read/readers.js'
import { AliasWatch } from './watch/alias-watch.js'
import { HealthWatch } from './watch/health-watch.js'
import { ParityWatch } from './watch/parity-watch.js'

export interface ServingRunOptions {
  readonly connections: Connections
  readonly catalog: Catalog
  readonly clock: Clock
  readonly logger: Logger
  /** Raised to stop: requests under way are answered, live listeners let go. */
  readonly signal: AbortSignal
  /** 0 picks a free one. */
  readonly port: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** Where the web UI of Temporal is, for people; shown on the live page. */
  readonly temporalUiUrl?: string
  /** Called once with the address, when requests are answered. */
  readonly onListening?: (url: string) => void
}

const TIMING = { healthMs: 1_000, parityMs: 5_000, aliasMs: 15_000, reportMs: 1_000, reportTtlMs: 5_000, stopMs: 4_000, idleAfterMs: 60_000 } as const

/** Runs the serving layer until the signal: HTTP at once, answers as soon as every stream of the catalog is prepared. */
export async function runServing(options: ServingRunOptions): Promise<void> {
  const { connections, catalog, clock, logger, signal } = options
  // Every loop and every pause of one listens to it.
  setMaxListeners(0, signal)
  const releasers: (() => Promise<void>)[] = []
  const opened = <T extends { close(): Promise<void> }>(store: T): T => {
    releasers.push(() => store.close())
    return store
  }
  try {
    const hot = opened(await openHot(connections.redis))
    const warm = opened(await openWarm(connections.mongo))
    const search = opened(await openSearch(connections.search))
    const log = opened(openLog(connections.kafka, { clientId: 'tandem-serving', logger }))
    const metrics = new HttpMetrics()
    let serving: Serving | null = null
    const app = createApi({ catalog, warm, log, clock, logger, metrics, signal, temporalUiUrl: options.temporalUiUrl ?? null, serving: () => serving })
    const server = createServer(app)
    releasers.push(() => closeServer(server))
    server.listen(options.port, options.host ?? '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : options.port
    const url = `http://${options.host ?? '127.0.0.1'}:${port}`
    logger.info({ url }, 'the API listens')
    options.onListening?.(url)

    const reporting = reportUntil(signal, hot, clock, url, () => serving)
    const settings = await awaitStreams([...catalog.streams.keys()], { warm, logger, signal })
    if (settings) {
      const readers = new Readers({ catalog, settings, hot, warm, clock, logger, options: SERVING_DEFAULTS })
      const epochMs = new Map(settings.map((one) => [one.stream, one.epochMs]))
      const health = new HealthWatch(hot, TIMING.healthMs)
      const parity = new ParityWatch({ warm, epochMsOf: (stream) => epochMs.get(stream) ?? 1, streams: [...catalog.streams.keys()], clock, everyMs: TIMING.parityMs })
      const aliases = new AliasWatch(search, readers, TIMING.aliasMs)
      const answers = new Answers({ readers, parity, health, clock, idleAfterMs: TIMING.idleAfterMs })
      serving = { readers, answers, parity, health, aliases }
      await Promise.all([readers.run(signal), health.run(signal), parity.run(signal), aliases.run(signal)])
    }
    await reporting
  } finally {
    for (const release of releasers.reverse()) {
      await release().catch((error: unknown) => logger.warn({ error }, 'closing failed'))
    }
  }
}

/** Says every second that the process is there and whether it can answer. */
async function reportUntil(signal: AbortSignal, hot: HotStore, clock: Clock, url: string, serving: () => Serving | null): Promise<void> {
  const instance = `${hostname()}:${process.pid}`
  while (!signal.aborted) {
    const now = serving()
    const waiting = waitingFor(now)
    const detail = { url, waiting, troubles: now ? troublesOf(now) : [], rssBytes: process.memoryUsage.rss() }
    try {
      await hot.reportHealth({ layer: 'serving', instance, atMs: clock.now(), ready: waiting.length === 0, detail }, TIMING.reportTtlMs)
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
