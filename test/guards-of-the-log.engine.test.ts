import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { planStream, type StreamPlan } from '../batch-layer/stream-plan.js'
import { mergedAnswer, recount } from '../batch-layer/testing/merged-answer.js'
import { openRealLayers, type RealLayers } from '../batch-layer/testing/real-layers.js'
import { clickJson, shop } from '../batch-layer/testing/shop.js'
import { epochOf, type Releases } from '../core/seam/index.js'
import type { StreamHealth } from '../speed-layer/health.js'
import { runSpeed } from '../speed-layer/runner.js'
import type { HotStore } from '../stores/hot/index.js'
import { setAside } from '../stores/lake/index.js'
import { type LogStore, openLog } from '../stores/log/index.js'
import { systemClock } from '../stores/system-clock.js'
import { forgetStream, type ReleaseStore, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from './support/engines.js'
import { eventually } from './support/eventually.js'
import { LaneBench, silent } from './support/lane-bench.js'

const EPOCH_MS = 2_000
const MARGIN_MS = 200
const PATIENCE_MS = 60_000
const YEAR_MS = 365 * 86_400_000

let layers: RealLayers
let log: LogStore
let hot: HotStore
let warm: WarmStore
let releases: ReleaseStore
let root: string
let name: string
let plan: StreamPlan
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  layers = await openRealLayers(testConnections(), 'guards', MARGIN_MS)
  ;({ log, hot, warm, releases, root } = layers)
})
beforeEach(async () => {
  name = uniqueName('guarded')
  plan = planStream(shop(name).catalog(), name, EPOCH_MS)
  await log.ensureTopic({ name, partitions: 1 })
  await log.ensureTopic({ name: plan.stream.dlqTopic, partitions: 1 })
  await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: 0 })
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
afterAll(async () => {
  await layers.close()
})

const click = (product: string) => ({ key: null, partition: 0, value: clickJson(Date.now(), product, 1) })

/** A speed layer in this process. */
function startSpeed(): () => Promise<void> {
  const abort = new AbortController()
  const catalog = { streams: new Map([[name, plan.stream]]), streamViews: () => plan.views }
  const ended = runSpeed({
    ...{ connections: testConnections(), catalog, threads: 0, lakeRoot: root },
    ...{ clock: systemClock, logger: silent, signal: abort.signal },
  })
  const stop = async (): Promise<void> => {
    abort.abort()
    await ended
  }
  stops.push(stop)
  return stop
}

/** Seals everything up to the end of the epoch that is running. */
const seal = (given?: Releases, through: LogStore = log) =>
  layers.sealRunning(plan, { through, ...(given === undefined ? {} : { releases: given }) })

/** Waits until the speed layer has stored everything that the log holds. */
async function caughtUp(): Promise<void> {
  const [end] = await log.offsets(name)
  await eventually(
    async () => (await hot.state(plan.keyspace, 0))?.next ?? -1,
    (next) => next >= (end?.high ?? 0),
    PATIENCE_MS,
  )
}

async function haltedBecause(): Promise<string> {
  const reasonOf = async () => {
    for (const { detail } of await hot.health()) {
      const [partition] = (detail.streams as Record<string, StreamHealth>)[name]?.partitions ?? []
      if (partition?.condition.kind === 'halted') return partition.condition.reason
    }
    return ''
  }
  return eventually(reasonOf, (reason) => reason !== '', PATIENCE_MS)
}

async function products(): Promise<readonly string[]> {
  const answer = await mergedAnswer({ hot, warm }, plan, plan.views.find((view) => !view.ledger) as never)
  return [...new Set(answer.map(({ key }) => String((JSON.parse(key) as readonly unknown[])[1])))].sort()
}

describe('the guards of the log, on the real engines', { timeout: 120_000 }, () => {
  it('a mad broker time halts the seal; after a cut both layers put its record into the epoch before', async () => {
    await log.produce(name, [click('a'), click('mad'), click('b')])
    /** The broker's clock cannot be moved, so what it said is changed on the way, for both layers alike. */
    const mad: LogStore = {
      ...log,
      async *readRange(options) {
        for await (const { packed: _, ...batch } of log.readRange(options)) {
          const records = batch.records.map((r) => (r.offset === 1 ? { ...r, timeMs: r.timeMs + YEAR_MS } : r))
          yield { ...batch, records }
        }
      },
    }
    const bench = new LaneBench(plan, hot, { releases: () => releases.of(name) })
    const fold = async (from: number): Promise<void> => {
      for await (const batch of mad.readRange({ topic: name, partition: 0, from })) await bench.lane.accept(batch)
      await bench.lane.drain()
    }
    await fold(await bench.lane.open())
    const before = await hot.state(plan.keyspace, 0)
    const aYearOn = epochOf(Date.now() + YEAR_MS - 60_000, EPOCH_MS)
    expect(before?.epoch).toBeGreaterThan(aYearOn)

    const halted = await seal(undefined, mad).catch((error: unknown) => error as Error)
    expect(halted).toMatchObject({ name: 'EpochAheadError' })
    const [, epochText] = /--cut 0@1=(\w+)/.exec((halted as Error).message) ?? []
    expect(epochText).toMatch(/^\d{8}T\d{6}Z$/)

    const epoch = epochOf(before?.last?.timeMs ?? 0, EPOCH_MS)
    const cut = { partition: 0, offset: 1, to: 2, epoch }
    const { sealed, finish } = await seal({ cuts: [cut], lost: [] }, mad)
    expect(sealed.read).toBe(3)
    await bench.lane.watch()
    await bench.until(() => bench.seeks.length > 0)
    await fold(bench.seeks.at(-1) as number)
    expect((await hot.state(plan.keyspace, 0))?.epoch).toBeLessThan(aYearOn)
    expect((await finish()).parity).toMatchObject({ different: 0, uncompared: 0 })
    const all = await releases.of(name)
    expect(all.cuts).toEqual([cut])
    for (const view of plan.views)
      expect(await mergedAnswer({ hot, warm }, plan, view)).toEqual(await recount(mad, plan, view, undefined, all))
    bench.lane.close()
  })

  it('deleted offsets halt both layers by name; given up, both go on behind them and the ledger says lost', async () => {
    const stop = startSpeed()
    await log.produce(name, [click('a')])
    await caughtUp()
    await (await seal()).finish()
    await stop()
    await log.produce(name, [click('b'), click('c'), click('d')])
    const high = (await log.offsets(name))[0]?.high ?? 0
    const from = (await layers.lake.lastManifest(name))?.partitions[0]?.to as number
    await log.deleteRecords(name, 0, high - 1)
    startSpeed()
    expect(await haltedBecause()).toContain(`topic "${name}"`)
    await expect(seal()).rejects.toThrow(`tandem seal ${name} --accept-loss 0:${from}-${high - 1}`)

    const { finish } = await seal({ cuts: [], lost: [{ partition: 0, from, to: high - 1 }] })
    await caughtUp()
    expect((await finish()).parity).toMatchObject({ different: 0, uncompared: 0 })
    await log.produce(name, [click('e')])
    await caughtUp()
    expect(await products()).toEqual(['a', 'd', 'e'])
    const ledger = await warm.ledger({ stream: name, limit: 100 })
    expect(ledger.reduce((sum, { lost }) => sum + lost, 0)).toBe(high - 1 - from)
  })

  it('a topic that was deleted and created again halts both layers by name', async () => {
    const stop = startSpeed()
    await log.produce(name, [click('a')])
    await caughtUp()
    await (await seal()).finish()
    await caughtUp()
    await stop()
    const admin = new Kafka({ brokers: [...testConnections().kafka.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [name] })
    const other = openLog(testConnections().kafka, { clientId: 'guards-again', logger: silent })
    await eventually(
      async () => {
        await other.ensureTopic({ name, partitions: 1 })
        return (await other.offsets(name))[0]?.high
      },
      (high) => high === 0,
    )
    await Promise.all([admin.disconnect(), other.close()])
    await log.produce(
      name,
      Array.from({ length: 20 }, () => click('new')),
    )
    startSpeed()
    const because = await haltedBecause()
    expect(because).toMatch(
      new RegExp(`topic "${name}" partition 0: at offset \\d+ a record of .* now there is .*reset ${name}`),
    )
    await expect(seal()).rejects.toMatchObject({ name: 'TopicChangedError' })
    expect(await products()).toEqual(['a'])
    await stops.pop()?.()

    // what `tandem stream reset` does: the new topic then counts from its first record
    expect(await forgetStream(testConnections().mongo, name)).toMatchObject({ pointers: 1, snapshots: 1 })
    const state = await hot.state(plan.keyspace, 0)
    await hot.forget(plan.keyspace, 0, state?.generation ?? '')
    expect(await setAside(root, name, 'before')).toBe(join(root, '.reset', `${name}-before`))
    expect(await setAside(root, name, 'again')).toBeNull()
    await layers.reopenLake()
    startSpeed()
    await caughtUp()
    expect(await products()).toEqual(['new'])
    const { sealed, finish } = await seal()
    expect(sealed.read).toBe(20)
    await caughtUp()
    expect((await finish()).parity).toMatchObject({ different: 0, uncompared: 0 })
    for (const view of plan.views)
      expect(await mergedAnswer({ hot, warm }, plan, view)).toEqual(await recount(log, plan, view))
  })

  it('a topic that forgets too soon is refused with the command that mends it', async () => {
    const topic = uniqueName('forgetful')
    await log.ensureTopic({ name: topic, partitions: 1, retentionMs: 3_600_000 })
    expect(await log.retentionMs(topic)).toBe(3_600_000)
    await expect(log.checkTopic(topic, 7_200_000)).rejects.toThrow(
      /--entity-name .* --add-config retention.ms=7200000$/,
    )
    await log.checkTopic(topic, 3_600_000)
  })
})
