import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { EPOCH_MS, LaneBench, POISON, stateOf, wordsPlan } from '../test/support/lane-bench.js'
import { openSpeedBench, type SpeedBench } from '../test/support/speed-bench.js'

describe('the speed layer on real engines', { timeout: 180_000 }, () => {
  let speed: SpeedBench

  beforeAll(async () => {
    speed = await openSpeedBench()
  })
  afterAll(() => speed.close())

  for (const threads of [0, 1]) {
    it(`stores what a recount of the topic gives, with poison, transactions and ticks between (${threads} threads)`, async () => {
      const plan = await speed.freshPlan(2)
      await speed.log.produce(plan.stream.topic, [speed.say('before'), speed.say('before', 1)])
      const { stop } = speed.start(plan, threads)
      const { topic } = plan.stream
      await speed.caughtUp(plan)
      await speed.log.produce(topic, [speed.say('a'), { key: 'k', value: POISON, partition: 1 }, speed.say('b', 1)])
      await speed.log.produceTransaction(topic, [speed.say('aborted'), speed.say('aborted', 1)], false)
      await speed.log.produceTransaction(topic, [speed.say('committed'), speed.say('committed', 1)], true)
      await speed.log.tick(topic, 0)
      await speed.log.produceTransaction(topic, [speed.say('aborted')], false)
      await speed.caughtUp(plan)
      await speed.expectRecount(plan)
      const held = (await stateOf(speed.hot, plan, 0)).join('\n')
      expect(held).toContain('committed')
      expect(held).not.toContain('aborted')
      const letters = []
      for await (const batch of speed.log.readRange({ topic: plan.stream.dlqTopic, partition: 0, from: 0 }))
        letters.push(...batch.records)
      expect(letters.map((letter) => String(letter.key))).toEqual([`${topic}/1/1`])
      expect(JSON.parse(String(letters[0]?.value))).toMatchObject({
        stream: plan.stream.name,
        reason: 'json',
        partition: 1,
        offset: 1,
      })
      const health = await speed.healthOf(plan, (h) => h.partitions.length === 2 && h.lag === 0)
      expect(health.partitions.map((p) => p.condition.kind)).toEqual(['running', 'running'])
      const began = performance.now()
      await stop()
      expect(performance.now() - began).toBeLessThan(5_000)
    })
  }

  it('goes on where it stopped, and flushes what it had folded', async () => {
    const plan = await speed.freshPlan()
    const first = speed.start(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('a'), speed.say('b')])
    await speed.caughtUp(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('c')])
    await first.stop()
    await speed.log.produce(plan.stream.topic, [speed.say('a')])
    speed.start(plan)
    await speed.caughtUp(plan)
    await speed.expectRecount(plan)
  })

  it('shares partitions with a second process, and takes them back when that one leaves', async () => {
    const plan = await speed.freshPlan(2)
    speed.start(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('a'), speed.say('a', 1)])
    await speed.caughtUp(plan)
    const second = speed.start(plan)
    await speed.healthOf(plan, (h) => h.partitions.length === 1)
    await speed.log.produce(plan.stream.topic, [speed.say('b'), speed.say('b', 1)])
    await speed.caughtUp(plan)
    await second.stop()
    await speed.log.produce(plan.stream.topic, [speed.say('c'), speed.say('c', 1)])
    await speed.caughtUp(plan)
    await speed.expectRecount(plan)
  })

  it('counts a committed transaction and passes its marker', async () => {
    const plan = await speed.freshPlan()
    speed.start(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('a')])
    await speed.caughtUp(plan)
    await speed.log.produceTransaction(plan.stream.topic, [speed.say('b'), speed.say('c')], true)
    await speed.caughtUp(plan)
    // the coordinator writes the marker after it has answered, and it takes an offset
    await speed.until('the marker is passed', async () => {
      const [end] = await speed.log.offsets(plan.stream.topic)
      return end?.high === 4 && (await speed.hot.state(plan.keyspace, 0))?.next === 4
    })
    await speed.expectRecount(plan)
  })

  it('rebuilds from the log when its state is lost', async () => {
    const plan = await speed.freshPlan()
    speed.start(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('a'), speed.say('b'), speed.say('a')])
    await speed.caughtUp(plan)
    const { generation } = (await speed.hot.state(plan.keyspace, 0)) as { generation: string }
    const redis = new Redis(testConnections().redis.url)
    const keys = (await redis.keys('*')).filter((key) => key.includes(plan.stream.name))
    await redis.del(...keys)
    await redis.quit()
    await speed.until('another generation', async () => {
      const state = await speed.hot.state(plan.keyspace, 0)
      return state !== null && state.generation !== generation && state.next === 3
    })
    await speed.expectRecount(plan)
  })

  it('refuses to write for a partition that another process has moved on', async () => {
    const plan = await speed.freshPlan()
    await speed.log.produce(plan.stream.topic, [speed.say('a'), speed.say('b'), speed.say('c')])
    const [zombie, owner] = [new LaneBench(plan, speed.hot), new LaneBench(plan, speed.hot)]
    await zombie.lane.open()
    await owner.lane.open()
    for await (const batch of speed.log.readRange({ topic: plan.stream.topic, partition: 0, from: 0, to: 2 }))
      await owner.lane.accept(batch)
    await owner.lane.drain()
    for await (const batch of speed.log.readRange({ topic: plan.stream.topic, partition: 0, from: 0 }))
      await zombie.lane.accept(batch)
    await zombie.until(() => zombie.seeks.length > 0)
    expect([zombie.stored, ...zombie.seeks]).toEqual([-1, 2])
    expect((await speed.hot.state(plan.keyspace, 0))?.next).toBe(2)
  })

  it('halts by name a partition whose records were deleted before they were read', async () => {
    const plan = await speed.freshPlan(2)
    const first = speed.start(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('a'), speed.say('a', 1)])
    await speed.caughtUp(plan)
    await first.stop()
    await speed.log.produce(plan.stream.topic, [speed.say('lost'), speed.say('kept'), speed.say('b', 1)])
    await speed.log.deleteRecords(plan.stream.topic, 0, 2)
    const { stop } = speed.start(plan)
    const health = await speed.healthOf(plan, (h) => h.partitions.some((p) => p.condition.kind === 'halted'))
    expect(health.partitions[0]?.condition).toMatchObject({
      kind: 'halted',
      reason: expect.stringContaining(plan.stream.topic),
    })
    await speed.until('the other partition', async () => (await speed.hot.state(plan.keyspace, 1))?.next === 2)
    expect((await speed.hot.state(plan.keyspace, 0))?.next).toBe(1)
    await stop()
  })

  it("does not start on a topic with the producer's time", async () => {
    const plan = wordsPlan(uniqueName('words'))
    await speed.warm.registerStream({ stream: plan.stream.name, epochMs: EPOCH_MS, createdAtMs: 0 })
    const { Kafka } = await import('kafkajs')
    const admin = new Kafka({ brokers: [...testConnections().kafka.brokers], logLevel: 0 }).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: plan.stream.topic, numPartitions: 1 }] })
    await admin.disconnect()
    await expect(speed.start(plan).ended).rejects.toThrow('--add-config message.timestamp.type=LogAppendTime')
  })
})
