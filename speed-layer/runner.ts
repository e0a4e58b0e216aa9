import { randomBytes } from 'node:crypto'
import { availableParallelism, hostname } from 'node:os'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Clock } from '../core/time/clock.js'
import type { Connections } from '../stores/connections.js'
import { openHot } from '../stores/hot/index.js'
import { openLog, TopicSettingsError } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { openReleases, openWarm } from '../stores/warm/index.js'
import { awaitStreams } from './await-streams.js'
import { feedCollections } from './collections/feed-collections.js'
import { consumeStream, type StreamReader } from './consume.js'
import { discontinuityOf } from './continuity.js'
import { Health, nameOf } from './health.js'
import type { LaneEvents } from './lane.js'
import { CLOSE_MS, DRAIN_MS } from './limits.js'
import { defaultThreads, openLanes } from './open-lanes.js'
import { partitionStart } from './partition-start.js'
import { AbandonedError, patiently } from './patiently.js'
import { Revival } from './revive.js'
import { sealedIds } from './sealed-ids.js'
import { sealedLast } from './sealed-last.js'
import { planStream, type StreamPlan } from './stream-plan.js'
import { aborted, within } from './timing.js'
import { watchUntil } from './watch.js'

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
  const { connections, catalog, clock, logger, signal } = options
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

  const planOf = (stream: string): StreamPlan => {
    const plan = plans.find((p) => p.stream.name === stream)
    if (plan === undefined) throw new Error(`a lane asked for stream "${stream}", which is not read here`)
    return plan
  }
  const discontinuity = (plan: StreamPlan) => (partition: number) => {
    const lastBelow = (p: number, offset: number) => sealedLast(plan.stream.name, p, offset, options.lakeRoot)
    return patiently(() => discontinuityOf(plan, partition, { hot, log, lastBelow }), waiting)
  }

  let fail!: (error: Error) => void
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => undefined) // it is awaited below, once there is something to wait for
  /** A lane may have something to say of its stream while the stream's consumer is still joining. */
  const readers = new Map<string, Promise<StreamReader>>()
  const ofReader = (stream: string, act: (reader: StreamReader) => void): void => {
    readers.get(stream)?.then(act, () => undefined) // one that never came up ends the whole layer, by itself
  }
  const stored = new Map<string, number>()
  const events: LaneEvents = {
    onSeek(stream, partition, offset) {
      stored.set(nameOf({ stream, partition }), offset)
      ofReader(stream, ({ plan, consumer }) => consumer.seek(plan.stream.topic, partition, offset))
    },
    onStored(stream, partition, next) {
      stored.set(nameOf({ stream, partition }), next)
      options.onStored?.(stream, partition, next)
    },
    onHalted(stream, partition) {
      ofReader(stream, ({ plan, consumer }) => consumer.pause(plan.stream.topic, partition))
    },
  }
  const lanes = await openLanes(plans, {
    threads: options.threads ?? defaultThreads(availableParallelism()),
    connections,
    hot,
    startOf: (stream, partition) => partitionStart(catalog.streams.get(stream), partition, { warm, log, releases }),
    releases: (stream) => releases.of(stream),
    idsBelow: (stream, partition, boundary) =>
      sealedIds(planOf(stream), partition, boundary, { lakeRoot: options.lakeRoot, warm }),
    produce: (topic, records) => log.produce(topic, records),
    clock,
    logger,
    events,
    onFailed: fail,
  })
  onRelease(() => Promise.all(lanes.all.map((lane) => lane.close(DRAIN_MS)))) // before `log.close` leaves the groups

  let fetching = false
  const onFetching = (): void => {
    if (!fetching) options.onFetching?.()
    fetching = true
  }
  const passes = (error: unknown): boolean => !(error instanceof TopicSettingsError)
  for (const plan of plans) {
    const { name } = plan.stream
    const laneOf = (partition: number) => lanes.of(name, partition)
    const deps = { log, laneOf, discontinuity: discontinuity(plan), onFetching, logger }
    const consume = () => consumeStream(plan, deps)
    readers.set(name, patiently(consume, { ...waiting, passes }))
  }
  const stop = aborted(signal)
  const running = await Promise.race([Promise.all(readers.values()), failed, stop])
  const instance = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  const storedOf = (stream: string, partition: number) => stored.get(nameOf({ stream, partition }))
  const health = new Health(instance, clock)
  const fed = [...(catalog.collections?.values() ?? [])].filter(({ feed }) => feed !== null)
  if (fed.length > 0) {
    const ended = new AbortController()
    const feeding = feedCollections(fed, {
      ...{ connections, log, clock, logger },
      signal: AbortSignal.any([signal, ended.signal]),
    })
    feeding.catch((error: unknown) => {
      if (!(error instanceof AbandonedError)) logger.error({ error }, 'collections are not fed any more')
    })
    onRelease(() => {
      ended.abort()
      return within(CLOSE_MS, feeding)
    })
  }
  const restart = async (stream: string, partition: number): Promise<void> => {
    const position = await lanes.of(stream, partition).assign(stream, partition)
    const wrong = await discontinuity(planOf(stream))(partition)
    if (wrong !== null) lanes.of(stream, partition).halt(stream, partition, wrong)
    else {
      events.onSeek(stream, partition, position)
      ofReader(stream, ({ plan, consumer }) => consumer.resume(plan.stream.topic, partition))
    }
  }
  const revival = new Revival({ hot, releases, planOf, restart, logger })
  const watching = watchUntil(signal, { readers: running, lanes, storedOf, log, hot, health, revival, logger })
  await Promise.race([watching, failed, stop, ...running.map(({ consumer }) => consumer.stopped)])
}
