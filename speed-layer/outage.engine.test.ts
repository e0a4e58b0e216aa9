import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testEngines } from '../test/support/engines.js'
import { openSpeedBench, type SpeedBench } from '../test/support/speed-bench.js'

describe('the speed layer while an engine is away', { timeout: 180_000 }, () => {
  let speed: SpeedBench

  beforeAll(async () => {
    speed = await openSpeedBench()
  })
  afterAll(() => speed.close())

  it('goes on exactly where it was after the broker was killed and started again', async () => {
    const plan = await speed.freshPlan(2)
    speed.start(plan)
    const { topic } = plan.stream
    await speed.log.produce(topic, [speed.say('a'), speed.say('a', 1)])
    await speed.caughtUp(plan)
    const engines = await testEngines()
    await engines.kill('kafka')
    await speed.healthOf(plan, (health, report) => health.trouble !== null && !report.ready)
    await engines.start('kafka')
    await speed.until('the broker', () =>
      speed.log.produce(topic, [speed.say('b'), speed.say('b', 1)]).then(
        () => true,
        () => false,
      ),
    )
    await speed.caughtUp(plan)
    await speed.expectRecount(plan)
    await speed.healthOf(plan, (health, report) => health.trouble === null && report.ready)
  }, 120_000)

  it('stops within 5 s also while the broker is away', async () => {
    const plan = await speed.freshPlan()
    const { stop } = speed.start(plan)
    await speed.log.produce(plan.stream.topic, [speed.say('a')])
    await speed.caughtUp(plan)
    const engines = await testEngines()
    await engines.kill('kafka')
    try {
      await speed.healthOf(plan, (health) => health.trouble !== null)
      const began = performance.now()
      await stop()
      expect(performance.now() - began).toBeLessThan(5_000)
    } finally {
      await engines.start('kafka')
    }
  }, 120_000)

  it('stands still while Redis is away and goes on exactly when it is back', async () => {
    const plan = await speed.freshPlan()
    speed.start(plan)
    const { topic } = plan.stream
    await speed.log.produce(topic, [speed.say('a')])
    await speed.caughtUp(plan)
    const engines = await testEngines()
    await engines.stop('redis')
    await speed.log.produce(topic, [speed.say('b'), speed.say('c')])
    await engines.start('redis')
    await speed.until('Redis', () =>
      speed.hot.ping().then(
        () => true,
        () => false,
      ),
    )
    await speed.caughtUp(plan)
    await speed.expectRecount(plan)
    const health = await speed.healthOf(plan, (h) => h.lag === 0)
    expect(health.partitions.map((p) => p.condition.kind)).toEqual(['running'])
  }, 120_000)
})
