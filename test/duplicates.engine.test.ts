import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { planStream, type StreamPlan } from '../batch-layer/stream-plan.js'
import { mergedAnswer, recount } from '../batch-layer/testing/merged-answer.js'
import { openRealLayers, type RealLayers } from '../batch-layer/testing/real-layers.js'
import { clickJson, shop } from '../batch-layer/testing/shop.js'
import type { HotStore } from '../stores/hot/index.js'
import { openRedisAccidents } from '../stores/hot/redis-accidents.js'
import type { LogStore, ProduceRecord } from '../stores/log/index.js'
import type { WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from './support/engines.js'
import { eventually } from './support/eventually.js'

/** From the build, as `npm test` makes it first. */
const PROCESS = fileURLToPath(new URL('./support/speed-process.mjs', import.meta.url))
/** Long enough for a file to be sent again within the epoch that follows, on a machine that does other things as well. */
const EPOCH_MS = 12_000
const MARGIN_MS = 200
const PATIENCE_MS = 90_000
const RECORDS = 300
const POISONED = RECORDS / 50
const GOOD = RECORDS - POISONED

let layers: RealLayers
let log: LogStore
let hot: HotStore
let warm: WarmStore
let root: string
let plan: StreamPlan
const children = new Set<ChildProcess>()

beforeAll(async () => {
  layers = await openRealLayers(testConnections(), 'duplicates', MARGIN_MS)
  ;({ log, hot, warm, root } = layers)
  const name = uniqueName('repeated')
  plan = planStream(shop(name).catalog(), name, EPOCH_MS)
  await log.ensureTopic({ name, partitions: 2 })
  await log.ensureTopic({ name: plan.stream.dlqTopic, partitions: 1 })
  await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: 0 })
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})
afterAll(async () => {
  await layers.close()
})

/** A speed layer in a process of its own. */
function startSpeed(): ChildProcess {
  const started = JSON.stringify({ connections: testConnections(), plan, lakeRoot: root })
  const child = spawn(process.execPath, [PROCESS], {
    env: { ...process.env, TANDEM_TESTING_SPEED: started },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Seals everything up to the end of the epoch that is running. */
async function seal() {
  const { finish } = await layers.sealRunning(plan)
  return (await finish()).parity
}

/** Waits until all is stored. What readers get is then a recount of the log. @returns records by how they ended */
async function ended(): Promise<Record<string, number>> {
  for (const { partition, high } of await log.offsets(plan.stream.topic))
    await eventually(
      async () => (await hot.state(plan.keyspace, partition))?.next ?? -1,
      (next) => next >= high,
      PATIENCE_MS,
    )
  const counts: Record<string, number> = {}
  for (const view of plan.views) {
    const answer = await mergedAnswer({ hot, warm }, plan, view)
    expect(answer).toEqual(await recount(log, plan, view))
    if (!view.ledger) continue
    for (const { key, registers } of answer) {
      const outcome = String((JSON.parse(key) as readonly unknown[])[1])
      counts[outcome] = (counts[outcome] ?? 0) + Number.parseInt(registers.replace(/^\D*/, ''), 10)
    }
  }
  return counts
}

it('a file that is sent again within two epochs counts once in both layers, whoever is killed or lost in between', {
  timeout: 240_000,
}, async () => {
  const startMs = Date.now()
  const file = Array.from({ length: RECORDS }, (_, i): ProduceRecord => {
    const value = i % 50 === 0 ? '{"at":' : clickJson(startMs + i, `p${i % 7}`, i % 10, `order ${i}`)
    return { key: null, partition: i % 2, value }
  })
  const send = () => log.produce(plan.stream.topic, file)
  /** All that was sent was read. What counts once depends on how far apart the sends came to lie: `ended` recounts it. */
  const checked = async (times: number): Promise<number> => {
    const { accepted = 0, rejected = 0, duplicate = 0 } = await ended()
    expect([accepted + duplicate, rejected]).toEqual([times * GOOD, times * POISONED])
    return duplicate
  }

  await send()
  const first = startSpeed()
  expect(await checked(1)).toBe(0)
  await kill(first)
  await send()
  const second = startSpeed()
  const again = await checked(2)
  expect(again).toBeGreaterThan(0)
  expect(await seal()).toMatchObject({ different: 0, uncompared: 0 })
  expect(await checked(2)).toBe(again)

  // what came before the boundary only the lake knows now
  await kill(second)
  const accidents = await openRedisAccidents(testConnections().redis, plan.keyspace)
  await accidents.wipe()
  await accidents.close()
  await send()
  const third = startSpeed()
  await checked(3)

  // and the next owner knows it as well
  await kill(third)
  await send()
  startSpeed()
  const whole = await checked(4)
  expect(await seal()).toMatchObject({ different: 0, uncompared: 0 })
  expect(await checked(4)).toBe(whole)

  const entries = await warm.ledger({ stream: plan.stream.name, limit: 100 })
  for (const { read, accepted, rejected, duplicates } of entries) expect(accepted + rejected + duplicates).toBe(read)
  expect(entries.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(whole)
})
