import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StreamPlan } from '../speed-layer/stream-plan.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { luaScript } from '../stores/hot/lua-script.js'
import { type LogStore, openLog, type ProduceRecord } from '../stores/log/index.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from './support/engines.js'
import { eventually } from './support/eventually.js'
import { EPOCH_MS, LaneBench, POISON, said, silent, stateOf, wordsPlan } from './support/lane-bench.js'
import { type HeldCall, openRedisGate, type RedisGate } from './support/redis-gate.js'

/** From the build, as `npm test` makes it first. */
const PROCESS = fileURLToPath(new URL('./support/speed-process.mjs', import.meta.url))
/** Guards of whole tests and of single waits; on a quiet machine a test takes seconds. */
const TIMEOUT_MS = 180_000
const PATIENCE_MS = 90_000
const APPLY = luaScript('apply-4')

/** A fenced call to wait for. */
function heldCall(): { readonly promise: Promise<HeldCall>; readonly resolve: (call: HeldCall) => void } {
  let resolve!: (call: HeldCall) => void
  const promise = new Promise<HeldCall>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Processes of the speed layer, killed and stopped at the very places where a record could be counted twice or lost. */
describe('a process of the speed layer', { timeout: TIMEOUT_MS }, () => {
  let log: LogStore
  let hot: HotStore
  let warm: WarmStore
  const children = new Set<ChildProcess>()
  const gates: RedisGate[] = []

  beforeAll(async () => {
    const { kafka, redis, mongo } = testConnections()
    log = openLog(kafka, { clientId: 'speed-faults', logger: silent })
    hot = await openHot(redis)
    warm = await openWarm(mongo)
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const gate of gates.splice(0)) await gate.close()
  })
  afterAll(() => Promise.all([log.close(), hot.close(), warm.close()]))

  async function freshPlan(partitions = 1): Promise<StreamPlan> {
    const plan = wordsPlan(uniqueName('faults'))
    await log.ensureTopic({ name: plan.stream.topic, partitions })
    await log.ensureTopic({ name: plan.stream.dlqTopic, partitions: 1 })
    await warm.registerStream({ stream: plan.stream.name, epochMs: EPOCH_MS, createdAtMs: 0 })
    return plan
  }

  function start(plan: StreamPlan, redisUrl = testConnections().redis.url): ChildProcess {
    const connections = { ...testConnections(), redis: { ...testConnections().redis, url: redisUrl } }
    const child = spawn(process.execPath, [PROCESS], {
      env: { ...process.env, TANDEM_TESTING_SPEED: JSON.stringify({ connections, plan }) },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  async function gate(onCall: (call: HeldCall) => void): Promise<RedisGate> {
    const opened = await openRedisGate(testConnections().redis.url, APPLY.sha, onCall)
    gates.push(opened)
    return opened
  }

  const next = async (plan: StreamPlan, partition = 0) => (await hot.state(plan.keyspace, partition))?.next ?? 0
  const say = (word: string, partition = 0): ProduceRecord => ({ key: null, partition, value: said(word, Date.now()) })
  const words = (count: number, partition: number, prefix = '') =>
    Array.from({ length: count }, (_, i) => say(`${prefix}${i}`, partition))

  /** Waits until all that is in the topic is stored, and compares every partition with its records folded once. */
  async function expectRecount(plan: StreamPlan): Promise<void> {
    for (const { partition, high } of await log.offsets(plan.stream.topic)) {
      await eventually(
        () => next(plan, partition),
        (stored) => stored >= high,
        PATIENCE_MS,
      )
      const counted = { ...plan, keyspace: { stream: plan.stream.name, viewSet: uniqueName('recount') } }
      const bench = new LaneBench(counted, hot, { partition })
      await bench.lane.open()
      for await (const batch of log.readRange({ topic: plan.stream.topic, partition, from: 0 }))
        await bench.lane.accept(batch)
      await bench.lane.drain()
      expect(await stateOf(hot, plan, partition)).toEqual(await stateOf(hot, counted, partition))
    }
  }

  it('that is killed before its fenced call reaches Redis has counted nothing', async () => {
    const plan = await freshPlan()
    await log.produce(plan.stream.topic, [say('a'), { key: null, partition: 0, value: POISON }, say('a')])
    const held = heldCall()
    const victim = start(plan, (await gate(held.resolve)).url)
    await held.promise
    await kill(victim)
    expect(await next(plan)).toBe(0)
    start(plan)
    await expectRecount(plan)
  })

  it('that is killed before the reply of its fenced call reaches it has counted once', async () => {
    const plan = await freshPlan()
    await log.produce(plan.stream.topic, [say('a'), { key: null, partition: 0, value: POISON }, say('a')])
    const victim = start(plan, (await gate((call) => call.passWithoutReply())).url)
    await eventually(
      () => next(plan),
      (stored) => stored === 3,
      PATIENCE_MS,
    )
    await kill(victim)
    await log.produce(plan.stream.topic, [say('a')])
    start(plan)
    await expectRecount(plan)
  })

  it('that is killed between two calls of one large delta goes on at the second', async () => {
    const plan = await freshPlan()
    const { topic } = plan.stream
    for (let i = 0; i < 4; i++) await log.produce(topic, words(5_000, 0, `${i}-`))
    const second = heldCall()
    const victim = start(plan, (await gate((call) => (call.number === 1 ? call.pass() : second.resolve(call)))).url)
    await second.promise
    await kill(victim)
    const between = await next(plan)
    expect(between).toBeGreaterThan(0)
    expect(between).toBeLessThan(20_000)
    start(plan)
    await expectRecount(plan)
  })

  it('that was stopped past its session and continued is refused by the store', async () => {
    const plan = await freshPlan()
    const { topic } = plan.stream
    const held = heldCall()
    const door = await gate((call) => (call.number === 1 ? held.resolve(call) : call.pass()))
    const zombie = start(plan, door.url)
    await log.produce(topic, [say('a'), say('b')])
    const call = await held.promise
    zombie.kill('SIGSTOP')
    await log.produce(topic, [say('a')])
    start(plan)
    await eventually(
      () => next(plan),
      (stored) => stored === 3,
      PATIENCE_MS,
    )
    call.pass()
    await eventually(
      async () => door.replies,
      (replies) => replies.length > 0,
      PATIENCE_MS,
    )
    expect(door.replies[0]).toBe('*1\r\n:0\r\n')
    zombie.kill('SIGCONT')
    await log.produce(topic, [say('c'), say('a')])
    await expectRecount(plan)
  })

  it('is one of many that come, go and are killed while records arrive', async () => {
    const plan = await freshPlan(4)
    const { topic } = plan.stream
    const stop = new AbortController()
    let sent = 0
    const feeding = (async () => {
      while (!stop.signal.aborted) {
        for (let partition = 0; partition < 4; partition++) await log.produce(topic, words(50, partition))
        sent += 200
      }
    })()
    const running = [start(plan)]
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGTERM'] as const) {
      running.push(start(plan), start(plan))
      const seen = await next(plan)
      await eventually(
        () => next(plan),
        (stored) => stored > seen,
        PATIENCE_MS,
      )
      await Promise.all(running.splice(0, 2).map((child) => kill(child, signal)))
    }
    stop.abort()
    await feeding
    expect(sent).toBeGreaterThan(0)
    await expectRecount(plan)
  })
})
