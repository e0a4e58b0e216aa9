import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../core/time/clock.js'
import type { Connections } from '../stores/connections.js'
import type { HotStore } from '../stores/hot/index.js'
import { type LogStore, TopicSettingsError } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import type { ReleaseStore, WarmStore } from '../stores/warm/index.js'
import { consumeStream, type StreamReader } from './consume.js'
import { discontinuityOf } from './continuity.js'
import { Health, nameOf } from './health.js'
import type { LaneEvents } from './lane.js'
import { CLOSE_MS, DRAIN_MS } from './limits.js'
import { openLanes } from './open-lanes.js'
import { partitionStart } from './partition-start.js'
import { patiently } from './patiently.js'
import { Revival } from './revive.js'
import { sealedIds } from './sealed-ids.js'
import { sealedLast } from './sealed-last.js'
import type { StreamPlan } from './stream-plan.js'
import { aborted, within } from './timing.js'
import { watchUntil } from './watch.js'

export interface ReadDeps {
  readonly connections: Connections
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot'>
  readonly hot: HotStore
  readonly log: LogStore
  readonly releases: Pick<ReleaseStore, 'of'>
  readonly lakeRoot: string | undefined
  /** 0: all of it in this thread. */
  readonly threads: number
  /** True: by definitions that are not today's, while they are still what answers. */
  readonly earlier: boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onFetching?: (() => void) | undefined
  readonly onStored?: ((stream: string, partition: number, next: number) => void) | undefined
}

/**
 * Reads streams into the hot state of their view sets until the signal, then flushes what is folded and leaves the groups.
 * @throws AbandonedError after the signal, or what made going on impossible
 */
export async function readStreams(plans: readonly StreamPlan[], deps: ReadDeps): Promise<void> {
  const releasers: (() => Promise<unknown>)[] = []
  try {
    await read(plans, deps, (release) => releasers.push(release))
  } finally {
    for (const release of releasers.reverse())
      await release().catch((error) => deps.logger.warn({ error }, 'closing failed'))
  }
}

async function read(
  plans: readonly StreamPlan[],
  deps: ReadDeps,
  onRelease: (release: () => Promise<unknown>) => void,
): Promise<void> {
  const { connections, warm, hot, log, releases, lakeRoot, clock, logger, signal } = deps
  const waiting = {
    onWait: (reason: string) => logger.warn({ reason }, 'waiting'),
    abandoned: () => signal.aborted,
  }
  const planOf = (stream: string): StreamPlan => {
    const plan = plans.find((p) => p.stream.name === stream)
    if (plan === undefined) throw new Error(`a lane asked for stream "${stream}", which is not read here`)
    return plan
  }
  const discontinuity = (plan: StreamPlan) => (partition: number) => {
    const lastBelow = (p: number, offset: number) => sealedLast(plan.stream.name, p, offset, lakeRoot)
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
      deps.onStored?.(stream, partition, next)
    },
    onHalted(stream, partition) {
      ofReader(stream, ({ plan, consumer }) => consumer.pause(plan.stream.topic, partition))
    },
  }
  const lanes = await openLanes(plans, {
    threads: deps.threads,
    connections,
    hot,
    startOf: (stream, partition) => partitionStart(planOf(stream).stream, partition, { warm, log, releases }),
    releases: (stream) => releases.of(stream),
    idsBelow: (stream, partition, boundary) => sealedIds(planOf(stream), partition, boundary, { lakeRoot, warm }),
    produce: (topic, records) => log.produce(topic, records),
    clock,
    logger,
    events,
    onFailed: fail,
  })
  const leave = async (): Promise<void> => {
    const joined = await Promise.allSettled(readers.values())
    await Promise.all(joined.map((reader) => (reader.status === 'fulfilled' ? reader.value.consumer.stop() : null)))
  }
  onRelease(() => within(CLOSE_MS, leave())) // leaving a group takes long where its broker is away
  onRelease(() => Promise.all(lanes.all.map((lane) => lane.close(DRAIN_MS)))) // before the groups are left

  let fetching = false
  const onFetching = (): void => {
    if (!fetching) deps.onFetching?.()
    fetching = true
  }
  const passes = (error: unknown): boolean => !(error instanceof TopicSettingsError)
  for (const plan of plans) {
    const { name } = plan.stream
    const laneOf = (partition: number) => lanes.of(name, partition)
    const consuming = { log, laneOf, discontinuity: discontinuity(plan), onFetching, logger }
    readers.set(
      name,
      patiently(() => consumeStream(plan, consuming), { ...waiting, passes }),
    )
  }
  const stop = aborted(signal)
  const running = await Promise.race([Promise.all(readers.values()), failed, stop])
  const instance = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  const storedOf = (stream: string, partition: number) => stored.get(nameOf({ stream, partition }))
  const health = new Health(instance, clock, deps.earlier)
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
