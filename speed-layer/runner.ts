import { availableParallelism } from 'node:os'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Clock } from '../core/time/clock.js'
import type { Connections } from '../stores/connections.js'
import { openHot } from '../stores/hot/index.js'
import { openLog } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { openReleases, openWarm } from '../stores/warm/index.js'
import { awaitStreams } from './await-streams.js'
import { feedCollections } from './collections/feed-collections.js'
import { CLOSE_MS } from './limits.js'
import { defaultThreads } from './open-lanes.js'
import { AbandonedError, patiently } from './patiently.js'
import { readEarlier } from './read-earlier.js'
import { readStreams } from './read-streams.js'
import { planStream } from './stream-plan.js'
import { aborted, within } from './timing.js'
import { keepUsing, useViewSets } from './use-view-sets.js'

export interface SpeedOptions {
  readonly connections: Connections
  readonly catalog: Pick<Catalog, 'streams' | 'streamViews'> & Partial<Pick<Catalog, 'collections'>>
  /** Epoch length per stream, ms. @default what MongoDB has recorded; waits for it */
  readonly epochs?: ReadonlyMap<string, number>
  /** Folder of the lake, which streams with an id need: what the first records behind a boundary may repeat lies there. @default none */
  readonly lakeRoot?: string
  /** Threads that decode, fold and flush; partitions are dealt out to them. 0: all of it in this thread. @default by the number of cores */
  readonly threads?: number
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted to stop: what is folded is flushed, the group is left, within 5 s. */
  readonly signal: AbortSignal
  /** Told once, when the first partition is about to be fetched. */
  readonly onFetching?: () => void
  /** Told each time records were stored: everything below `next` is in Redis. */
  readonly onStored?: (stream: string, partition: number, next: number) => void
}

/**
 * Runs the speed layer for all streams of the catalog. Resolves after a graceful stop.
 * @throws what made going on impossible: a topic that may not be read, records without the broker's time, Kafka gone for long
 */
export async function runSpeed(options: SpeedOptions): Promise<void> {
  const releasers: (() => Promise<unknown>)[] = []
  try {
    await run(options, (release) => releasers.push(release))
  } catch (error) {
    if (!(error instanceof AbandonedError)) throw error // stopped while it was still waiting for something
  } finally {
    for (const release of releasers.reverse()) {
      await release().catch((error) => options.logger.warn({ error }, 'closing failed'))
    }
  }
}

async function run(options: SpeedOptions, onRelease: (release: () => Promise<unknown>) => void): Promise<void> {
  const { connections, catalog, clock, logger, lakeRoot } = options
  // raised at the end however it comes: what still reads then stops as well
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  const waiting = {
    onWait: (reason: string) => logger.warn({ reason }, 'waiting'),
    abandoned: () => signal.aborted,
  }
  const warm = await patiently(() => openWarm(connections.mongo), waiting)
  onRelease(() => warm.close())
  const releases = await patiently(() => openReleases(connections.mongo), waiting)
  onRelease(() => releases.close())
  const hot = await patiently(() => openHot(connections.redis), waiting)
  onRelease(() => hot.close())
  const log = openLog(connections.kafka, { clientId: 'tandem-speed', logger })
  onRelease(() => within(CLOSE_MS, log.close())) // leaving a group takes long where its broker is away

  const streams = [...catalog.streams.values()]
  const epochs = options.epochs ?? (await awaitStreams(streams, { warm, logger, signal }))
  const plans = streams.map((stream) => {
    const epochMs = epochs.get(stream.name)
    if (epochMs === undefined) throw new Error(`stream "${stream.name}" has no epoch length`)
    return planStream(stream, catalog.streamViews(stream.name, epochMs), epochMs)
  })
  const using = { warm, clock, deployedAtMs: clock.now() }
  // before anything is folded by them: whoever comes after finds by what a keyspace was made
  await patiently(() => useViewSets(plans, using), waiting)

  const threads = options.threads ?? defaultThreads(availableParallelism())
  const deps = { connections, warm, hot, log, releases, lakeRoot, threads, clock, logger, signal }
  const { onFetching, onStored } = options
  const running = [
    readStreams(plans, { ...deps, earlier: false, onFetching, onStored }),
    readEarlier(plans, deps).then(() => aborted(signal)),
    keepUsing(plans, { ...using, logger, signal }).then(() => aborted(signal)),
  ]
  const fed = [...(catalog.collections?.values() ?? [])].filter(({ feed }) => feed !== null)
  if (fed.length > 0) {
    const feeding = feedCollections(fed, { connections, log, clock, logger, signal })
    feeding.catch((error: unknown) => {
      if (!(error instanceof AbandonedError)) logger.error({ error }, 'collections are not fed any more')
    })
    onRelease(() => within(CLOSE_MS, feeding))
  }
  try {
    await Promise.race(running)
  } finally {
    ended.abort()
    await Promise.allSettled(running)
  }
}
