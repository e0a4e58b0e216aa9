import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHot } from '../../stores/hot/index.js'
import { openRedisAccidents } from '../../stores/hot/redis-accidents.js'
import { testConnections, uniqueName } from '../support/engines.js'
import { memoryEngine, report, runHistory } from './run-history.js'
import type { Engine } from './stage.js'

const MEMORY = { from: 1_000, histories: 2_000 }
const REDIS = { from: 0, histories: 40 }

describe('every answer is a recount of one prefix per partition', () => {
  it(`in ${MEMORY.histories} random histories in memory`, { timeout: 600_000 }, async () => {
    for (let seed = MEMORY.from; seed < MEMORY.from + MEMORY.histories; seed++) {
      const outcome = await runHistory(seed, memoryEngine())
      if (outcome.broken !== null) expect.fail(report(outcome))
    }
  })

  describe('on Redis', () => {
    const keyspace = { stream: uniqueName('modelled'), viewSet: '0123456789abcdef' }
    let engine: Engine
    const closers: (() => Promise<void>)[] = []

    beforeAll(async () => {
      const hot = await openHot(testConnections().redis, { feedCost: 3_000 })
      closers.push(() => hot.close())
      const accidents = await openRedisAccidents(testConnections().redis, keyspace)
      closers.push(() => accidents.close())
      engine = { hot, accidents, keyspace }
    })
    afterAll(async () => {
      for (const close of closers.reverse()) await close()
    })

    it(`in ${REDIS.histories} random histories`, { timeout: 600_000 }, async () => {
      for (let seed = REDIS.from; seed < REDIS.from + REDIS.histories; seed++) {
        await engine.accidents.wipe()
        const outcome = await runHistory(seed, engine)
        if (outcome.broken !== null) expect.fail(report(outcome))
      }
      await engine.accidents.wipe()
    })
  })
})
