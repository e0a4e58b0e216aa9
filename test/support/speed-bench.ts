import { expect } from 'vitest'
import type { StreamHealth } from '../../speed-layer/health.js'
import { runSpeed } from '../../speed-layer/runner.js'
import type { StreamPlan } from '../../speed-layer/stream-plan.js'
import { type HotStore, type LayerHealth, openHot } from '../../stores/hot/index.js'
import { type LogStore, openLog } from '../../stores/log/index.js'
import { systemClock } from '../../stores/system-clock.js'
import { openWarm, type WarmStore } from '../../stores/warm/index.js'
import { testConnections, uniqueName } from './engines.js'
import { EPOCH_MS, LaneBench, said, silent, stateOf, wordsPlan } from './lane-bench.js'

/** Bound of waiting for the layer; nothing waits so long when all is well. A thread from sources is compiled first. */
const PATIENCE_MS = 150_000

/** The engines of the run, and speed layers started on them. */
export async function openSpeedBench(): Promise<SpeedBench> {
  const { kafka, redis, mongo } = testConnections()
  const log = openLog(kafka, { clientId: 'speed-test', logger: silent })
  return new SpeedBench(log, await openHot(redis), await openWarm(mongo))
}

export class SpeedBench {
  readonly #stops: (() => Promise<void>)[] = []

  constructor(
    readonly log: LogStore,
    readonly hot: HotStore,
    readonly warm: WarmStore,
  ) {}

  async close(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()))
    await Promise.all([this.log.close(), this.hot.close(), this.warm.close()])
  }

  /** A stream of its own with its topics, prepared. */
  async freshPlan(partitions = 1): Promise<StreamPlan> {
    const plan = wordsPlan(uniqueName('words'))
    await this.log.ensureTopic({ name: plan.stream.topic, partitions })
    await this.log.ensureTopic({ name: plan.stream.dlqTopic, partitions: 1 })
    await this.warm.registerStream({ stream: plan.stream.name, epochMs: EPOCH_MS, createdAtMs: 0 })
    return plan
  }

  /** A running layer for one stream. */
  start(plan: StreamPlan, threads = 0): { readonly ended: Promise<void>; readonly stop: () => Promise<void> } {
    const abort = new AbortController()
    const catalog = { streams: new Map([[plan.stream.name, plan.stream]]), streamViews: () => plan.views }
    const ended = runSpeed({
      connections: testConnections(),
      catalog,
      threads,
      clock: systemClock,
      logger: silent,
      signal: abort.signal,
    })
    ended.catch(() => undefined) // whoever expects it to fail awaits it
    const stop = async (): Promise<void> => {
      abort.abort()
      await ended.catch(() => undefined)
    }
    this.#stops.push(stop)
    return { ended, stop }
  }

  say(word: string, partition = 0, n = 1): { key: null; value: string; partition: number } {
    return { key: null, value: said(word, Date.now(), n), partition }
  }

  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const late = performance.now() + PATIENCE_MS
    for (;;) {
      const found = await look()
      if (found) return found
      if (performance.now() > late) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Waits until everything that is in the topic now is stored. */
  async caughtUp(plan: StreamPlan): Promise<void> {
    for (const { partition, high } of await this.log.offsets(plan.stream.topic)) {
      await this.until(
        `partition ${partition} at ${high}`,
        async () => ((await this.hot.state(plan.keyspace, partition))?.next ?? -1) >= high,
      )
    }
  }

  /** Every partition's stored cells equal those of its records read again and folded once. */
  async expectRecount(plan: StreamPlan, from = 0): Promise<void> {
    const { topic } = plan.stream
    for (const { partition } of await this.log.offsets(topic)) {
      const stored = await this.hot.state(plan.keyspace, partition)
      const counted = { ...plan, keyspace: { stream: plan.stream.name, viewSet: uniqueName('recount') } }
      const bench = new LaneBench(counted, this.hot, { partition, start: { offset: from, epoch: 0 } })
      await bench.lane.open()
      for await (const batch of this.log.readRange({ topic, partition, from, to: stored?.next }))
        await bench.lane.accept(batch)
      await bench.lane.drain()
      const again = await stateOf(this.hot, counted, partition)
      expect(await stateOf(this.hot, plan, partition)).toEqual(
        again.filter((line) => Number(line.split(' ')[2]) >= (stored?.floor ?? 0)),
      )
    }
  }

  /** Waits for a health report of the stream that is as wanted. */
  async healthOf(
    plan: StreamPlan,
    wanted: (health: StreamHealth, report: LayerHealth) => boolean,
  ): Promise<StreamHealth> {
    return this.until('health', async () => {
      for (const report of await this.hot.health()) {
        const stream = (report.detail['streams'] as Record<string, StreamHealth> | undefined)?.[plan.stream.name]
        if (stream && wanted(stream, report)) return stream
      }
      return false
    })
  }
}
