import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { type HotStore, type LayerHealth, openHot } from '../stores/hot/index.js'
import { type LogStore, openLog } from '../stores/log/index.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import type { StreamHealth } from './health.js'
import { EPOCH_MS, LaneBench, POISON, said, silent, stateOf, wordsPlan } from './lane-test-kit.js'
import { runSpeed } from './runner.js'
import type { StreamPlan } from './stream-plan.js'

/** Bound of waiting for the layer; nothing waits so long when all is well. */
const PATIENCE_MS = 40_000

describe('the speed layer on real engines', () => {
  let log: LogStore
  let hot: HotStore
  let warm: WarmStore
  const stops: (() => Promise<void>)[] = []

  beforeAll(async () => {
    const { kafka, redis, mongo } = testConnections()
    log = openLog(kafka, { clientId: 'speed-test', logger: silent })
    hot = await openHot(redis)
    warm = await openWarm(mongo)
  })
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()))
    await Promise.all([log.close(), hot.close(), warm.close()])
  })

  async function freshPlan(partitions = 1): Promise<StreamPlan> {
    const plan = wordsPlan(uniqueName('words'))
    await log.ensureTopic({ name: plan.stream.topic, partitions })
    await log.ensureTopic({ name: plan.stream.dlqTopic, partitions: 1 })
    await warm.registerStream({ stream: plan.stream.name, epochMs: EPOCH_MS, createdAtMs: 0 })
    return plan
  }

  /** A running layer for one stream. */
  function start(plan: StreamPlan, threads = 0) {
    const abort = new AbortController()
    const catalog = { streams: new Map([[plan.stream.name, plan.stream]]), streamViews: () => plan.views }
    const ended = runSpeed({ connections: testConnections(), catalog, threads, clock: systemClock, logger: silent, signal: abort.signal })
    ended.catch(() => undefined) // whoever expects it to fail awaits it
    const stop = async (): Promise<void> => {
      abort.abort()
      await ended.catch(() => undefined)
    }
    stops.push(stop)
    return { ended, stop }
  }

  async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const late = performance.now() + PATIENCE_MS
    for (;;) {
      const found = await look()
      if (found) return found
      if (performance.now() > late) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Waits until everything that is in the topic now is stored. */
  async function caughtUp(plan: StreamPlan): Promise<void> {
    for (const { partition, high } of await log.offsets(plan.stream.topic)) {
      await until(`partition ${partition} at ${high}`, async () => ((await hot.state(plan.keyspace, partition))?.next ?? -1) >= high)
    }
  }

  /** Every partition's stored cells equal those of its records read again and folded once. */
  async function expectRecount(plan: StreamPlan, from = 0): Promise<void> {
    for (const { partition } of await log.offsets(plan.stream.topic)) {
      const stored = await hot.state(plan.keyspace, partition)
      const start = { offset: from, epoch: 0 }
      const counted = { ...plan, keyspace: { stream: plan.stream.name, viewSet: uniqueName('recount') } }
      const bench = new LaneBench(counted, hot, { partition, start })
      await bench.lane.open()
      for await (const batch of log.readRange({ topic: plan.stream.topic, partition, from, to: stored?.next })) await bench.lane.accept(batch)
      await bench.lane.drain()
      const again = await stateOf(hot, counted, partition)
      expect(await stateOf(hot, plan, partition)).toEqual(again.filter((line) => Number(line.split(' ')[2]) >= (stored?.floor ?? 0)))
    }
  }

  async function healthOf(plan: StreamPlan, as: (health: StreamHealth, report: LayerHealth) => boolean): Promise<StreamHealth> {
    return until('health', async () => {
      for (const report of await hot.health()) {
        const stream = (report.detail['streams'] as Record<string, StreamHealth> | undefined)?.[plan.stream.name]
        if (stream && as(stream, report)) return stream
      }
      return false
    })
  }

  const say = (word: string, partition = 0, n = 1) => ({ key: null, value: said(word, Date.now(), n), partition })

  for (const threads of [0, 1]) {
    it(`stores what a recount of the topic gives, with poison, transactions and ticks between (${threads} threads)`, async () => {
      const plan = await freshPlan(2)
      await log.produce(plan.stream.topic, [say('before'), say('before', 1)])
      const { stop } = start(plan, threads)
      const { topic } = plan.stream
      await caughtUp(plan)
      await log.produce(topic, [say('a'), { key: 'k', value: POISON, partition: 1 }, say('b', 1)])
      await log.produceTransaction(topic, [say('aborted'), say('aborted', 1)], false)
      await log.produceTransaction(topic, [say('committed'), say('committed', 1)], true)
      await log.tick(topic, 0)
      await log.produceTransaction(topic, [say('aborted')], false)
      await caughtUp(plan)
      await expectRecount(plan)
      const held = (await stateOf(hot, plan, 0)).join('\n')
      expect(held).toContain('committed')
      expect(held).not.toContain('aborted')
      const letters = []
      for await (const batch of log.readRange({ topic: plan.stream.dlqTopic, partition: 0, from: 0 })) letters.push(...batch.records)
      expect(letters.map((letter) => String(letter.key))).toEqual([`${topic}/1/1`])
      expect(JSON.parse(String(letters[0]?.value))).toMatchObject({ stream: plan.stream.name, reason: 'json', partition: 1, offset: 1 })
      const health = await healthOf(plan, (h) => h.partitions.length === 2 && h.lag === 0)
      expect(health.partitions.map((p) => p.condition.kind)).toEqual(['running', 'running'])
      const began = performance.now()
      await stop()
      expect(performance.now() - began).toBeLessThan(5_000)
    })
  }

  it('goes on where it stopped, and flushes what it had folded', async () => {
    const plan = await freshPlan()
    const first = start(plan)
    await log.produce(plan.stream.topic, [say('a'), say('b')])
    await caughtUp(plan)
    await log.produce(plan.stream.topic, [say('c')])
    await first.stop()
    await log.produce(plan.stream.topic, [say('a')])
    start(plan)
    await caughtUp(plan)
    await expectRecount(plan)
  })

  it('shares partitions with a second process, and takes them back when that one leaves', async () => {
    const plan = await freshPlan(2)
    start(plan)
    await log.produce(plan.stream.topic, [say('a'), say('a', 1)])
    await caughtUp(plan)
    const second = start(plan)
    await healthOf(plan, (h) => h.partitions.length === 1)
    await log.produce(plan.stream.topic, [say('b'), say('b', 1)])
    await caughtUp(plan)
    await second.stop()
    await log.produce(plan.stream.topic, [say('c'), say('c', 1)])
    await caughtUp(plan)
    await expectRecount(plan)
  })

  it('waits at an open transaction and counts it when it is committed', async () => {
    const plan = await freshPlan()
    start(plan)
    await log.produce(plan.stream.topic, [say('a')])
    await caughtUp(plan)
    await log.produceTransaction(plan.stream.topic, [say('b'), say('c')], true)
    await caughtUp(plan)
    const [{ high }] = (await log.offsets(plan.stream.topic)) as unknown as [{ high: number }]
    expect((await hot.state(plan.keyspace, 0))?.next).toBe(high) // the marker included
    await expectRecount(plan)
  })

  it('rebuilds from the log when its state is lost', async () => {
    const plan = await freshPlan()
    start(plan)
    await log.produce(plan.stream.topic, [say('a'), say('b'), say('a')])
    await caughtUp(plan)
    const { generation } = (await hot.state(plan.keyspace, 0)) as { generation: string }
    const redis = new Redis(testConnections().redis.url)
    const keys = (await redis.keys('*')).filter((key) => key.includes(plan.stream.name))
    await redis.del(...keys)
    await redis.quit()
    await until('another generation', async () => {
      const state = await hot.state(plan.keyspace, 0)
      return state !== null && state.generation !== generation && state.next === 3
    })
    await expectRecount(plan)
  })

  it('refuses to write for a partition that another process has moved on', async () => {
    const plan = await freshPlan()
    await log.produce(plan.stream.topic, [say('a'), say('b'), say('c')])
    const [zombie, owner] = [new LaneBench(plan, hot), new LaneBench(plan, hot)]
    await zombie.lane.open()
    await owner.lane.open()
    for await (const batch of log.readRange({ topic: plan.stream.topic, partition: 0, from: 0, to: 2 })) await owner.lane.accept(batch)
    await owner.lane.drain()
    for await (const batch of log.readRange({ topic: plan.stream.topic, partition: 0, from: 0 })) await zombie.lane.accept(batch)
    await zombie.until(() => zombie.seeks.length > 0)
    expect([zombie.stored, ...zombie.seeks]).toEqual([-1, 2])
    expect((await hot.state(plan.keyspace, 0))?.next).toBe(2)
  })

  it('halts by name a partition whose records were deleted before they were read', async () => {
    const plan = await freshPlan(2)
    const first = start(plan)
    await log.produce(plan.stream.topic, [say('a'), say('a', 1)])
    await caughtUp(plan)
    await first.stop()
    await log.produce(plan.stream.topic, [say('lost'), say('kept'), say('b', 1)])
    await log.deleteRecords(plan.stream.topic, 0, 2)
    const { stop } = start(plan)
    const health = await healthOf(plan, (h) => h.partitions.some((p) => p.condition.kind === 'halted'))
    expect(health.partitions[0]?.condition).toMatchObject({ kind: 'halted', reason: expect.stringContaining(plan.stream.topic) })
    await until('the other partition', async () => (await hot.state(plan.keyspace, 1))?.next === 2)
    expect((await hot.state(plan.keyspace, 0))?.next).toBe(1)
    await stop()
  })

  it('does not start on a topic with the producer\'s time', async () => {
    const plan = wordsPlan(uniqueName('words'))
    await warm.registerStream({ stream: plan.stream.name, epochMs: EPOCH_MS, createdAtMs: 0 })
    const { Kafka } = await import('kafkajs')
    const admin = new Kafka({ brokers: [...testConnections().kafka.brokers], logLevel: 0 }).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: plan.stream.topic, numPartitions: 1 }] })
    await admin.disconnect()
    await expect(start(plan).ended).rejects.toThrow('--add-config message.timestamp.type=LogAppendTime')
  })
})
