import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { HotStore } from '../stores/hot/index.js'
import type { LogStore } from '../stores/log/log-port.js'
import type { SearchStore } from '../stores/search/index.js'
import type { WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { adaptiveArchiver } from './archive/adaptive-archiver.js'
import { approveHeld, rejectHeld } from './publish/decide-held.js'
import { rollbackTo } from './publish/rollback-to.js'
import { setAliases } from './publish/set-aliases.js'
import { compileDiffLimits, publishRecomputed, recomputeStream } from './restate/index.js'
import { planStream, type StreamPlan } from './stream-plan.js'
import { falsify } from './testing/falsify.js'
import { foldIntoHot } from './testing/fold-into-hot.js'
import { mergedAnswer, recount } from './testing/merged-answer.js'
import { openRealLayers, type RealLayers } from './testing/real-layers.js'
import { clickJson, shop } from './testing/shop.js'

const EPOCH_MS = 1_000
const MARGIN_MS = 200
const connections = testConnections()

let layers: RealLayers
let log: LogStore
let hot: HotStore
let warm: WarmStore
let search: SearchStore
let name: string
let plan: StreamPlan

beforeAll(async () => {
  const mongo = { ...connections.mongo, database: uniqueName('batch') }
  layers = await openRealLayers({ ...connections, mongo }, 'batch', MARGIN_MS)
  ;({ log, hot, warm, search } = layers)
})
afterAll(async () => {
  await layers.close()
})

beforeEach(async () => {
  name = uniqueName('shop')
  plan = planStream(shop(name).catalog(), name, EPOCH_MS)
  await log.ensureTopic({ name, partitions: 2 })
})

/** Waits until the epoch that is running now has ended, and seals it. */
async function seal() {
  const { sealed, finish } = await layers.sealRunning(plan, { openArchiver: adaptiveArchiver(layers.lake, 1_000) })
  return { sealed, ...(await finish()) }
}

const click = (partition: number, product: string, price = 1, lateMs = 0) => ({
  key: null,
  partition,
  value: clickJson(Date.now() - lateMs, product, price),
})

async function expectExact(): Promise<void> {
  await foldIntoHot({ log, hot, warm }, plan)
  for (const view of plan.views) {
    expect(await mergedAnswer({ hot, warm }, plan, view)).toEqual(await recount(log, plan, view))
  }
}

describe('on the real engines', () => {
  test('late, refused and aborted records and an idle partition: sealed, equal, exact, and shown by the alias', async () => {
    await log.produce(name, [click(0, 'tea'), click(0, 'rice', 2, 3 * 86_400_000), click(0, 'tea', -1)])
    await log.produce(name, [{ key: null, partition: 0, value: '{"at":' }])
    await log.produceTransaction(name, [click(0, 'never')], false)
    await log.produceTransaction(name, [click(0, 'rice', 7)], true)
    await foldIntoHot({ log, hot, warm }, plan)
    const first = await seal()
    expect(first.sealed).toMatchObject({ read: 5, accepted: 3, rejected: 2, open: [1] })
    expect(first.parity).toMatchObject({ equal: 2, different: 0, uncompared: 0 })
    await expectExact()
    const [view] = plan.views
    if (!view || !first.snapshot) throw new Error('nothing published')
    const shown = first.snapshot.segments.filter((s) => s.view === view.name && s.cells > 0).map((s) => s.id)
    expect(await search.alias(view)).toEqual(shown)
    expect(await seal()).toMatchObject({ sealed: { read: 0 }, work: { pending: false } })

    await log.produce(name, [click(0, 'tea'), click(1, 'tea', 4)])
    await foldIntoHot({ log, hot, warm }, plan)
    const second = await seal()
    expect(second.parity).toMatchObject({ different: 0 })
    await expectExact()
    const back = await rollbackTo(layers.newDeps(), plan, first.snapshot.id)
    expect(back.reason).toBe('rollback')
    await expectExact()
  })

  test('a transaction that is open across a seal holds its partition open until it ends', async () => {
    const producer = new Kafka({ brokers: [...connections.kafka.brokers], logLevel: logLevel.NOTHING }).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: name,
    })
    await producer.connect()
    try {
      await log.produce(name, [click(0, 'before'), click(1, 'other')])
      const transaction = await producer.transaction()
      await transaction.send({ topic: name, messages: [{ partition: 0, value: clickJson(Date.now(), 'held', 5) }] })
      const during = await seal()
      expect(during.sealed).toMatchObject({ read: 1, open: [0] })
      await expectExact()
      await transaction.commit()
      const after = await seal()
      expect(after.sealed).toMatchObject({ read: 2 })
      expect(after.parity.different).toBe(0)
      await expectExact()
    } finally {
      await producer.disconnect()
    }
  })

  test('a partition that is added is sealed from its first record', async () => {
    await log.produce(name, [click(0, 'tea')])
    await seal()
    await log.addPartitions(name, 3)
    await expect.poll(() => log.partitions(name), { timeout: 10_000 }).toHaveLength(3)
    // the producer learns of the partition by a first refusal
    await log
      .produce(name, [click(2, 'new'), click(0, 'tea')])
      .catch(() => log.produce(name, [click(2, 'new'), click(0, 'tea')]))
    const { sealed } = await seal()
    expect(sealed.read).toBe(2)
    await expectExact()
  })

  test('records that the broker deleted before they were sealed stop the seal and are named', async () => {
    await log.produce(name, [click(0, 'tea')])
    await seal()
    await log.produce(name, [click(0, 'a'), click(0, 'b')])
    await log.deleteRecords(name, 0, 3)
    await expect(seal()).rejects.toMatchObject({ name: 'LostRangeError', topic: name, partition: 0, from: 1, to: 3 })
  })

  test('many records go through the archive thread', { timeout: 120_000 }, async () => {
    const records = 20_000
    for (let n = 0; n < records; n += 5_000) {
      await log.produce(
        name,
        Array.from({ length: 5_000 }, (_, i) => click(i % 2, `p${(n + i) % 100}`, (n + i) % 7)),
      )
    }
    await foldIntoHot({ log, hot, warm }, plan)
    const { sealed } = await seal()
    expect(sealed).toMatchObject({ read: records, accepted: records, rejected: 0 })
    await expectExact()
  })

  test('a restatement is compacted, held where it changes too much, approved, rolled back, and the same again', async () => {
    for (const price of [2, 3]) {
      await log.produce(name, [click(0, 'tea', price), click(1, 'rice', price), click(0, 'tea', -1)])
      await foldIntoHot({ log, hot, warm }, plan)
      await seal()
    }
    const all = { ...layers.newDeps(), diffLimits: compileDiffLimits(undefined) }
    const [view] = plan.views
    if (!view) throw new Error('no view')
    const [right] = await warm.snapshots(name, 1)
    const wrong = await falsify(warm, name, view, Date.now())

    const work = await recomputeStream(all, plan, {})
    const held = await publishRecomputed(all, plan, work)
    expect(held.status).toBe('held')
    expect((await warm.pointer(name))?.snapshot).toBe(wrong.id)
    // the seal that comes in between is published, whatever waits
    await log.produce(name, [click(1, 'salt')])
    await foldIntoHot({ log, hot, warm }, plan)
    await seal()
    const approved = await approveHeld(all, held.snapshot ?? '')
    await setAliases(all, plan.views, {})
    expect(approved).toMatchObject({ state: 'published', published: (await warm.pointer(name))?.snapshot })
    await expectExact()
    const [inForce] = await warm.snapshots(name, 1)
    const shown = inForce?.segments.filter((s) => s.view === view.name && s.cells > 0).map((s) => s.id)
    expect(new Set(await search.alias(view))).toEqual(new Set(shown))

    const again = await recomputeStream(all, plan, {})
    expect((await publishRecomputed(all, plan, again)).status).toBe('published')
    const third = await recomputeStream(all, plan, {})
    expect(third).toMatchObject({ checksum: again.checksum, computed: 0, segments: again.segments })
    expect((await publishRecomputed(all, plan, third)).status).toBe('unchanged')
    await expectExact()
    const back = await rollbackTo(all, plan, right?.id ?? '')
    expect(back.reason).toBe('rollback')
    await expectExact()
  })

  test('what is held and rejected changes nothing', async () => {
    await log.produce(name, [click(0, 'tea'), click(1, 'rice')])
    await seal()
    const all = { ...layers.newDeps(), diffLimits: compileDiffLimits('0') }
    const [view] = plan.views
    if (!view) throw new Error('no view')
    const wrong = await falsify(warm, name, view, Date.now())
    const held = await publishRecomputed(all, plan, await recomputeStream(all, plan, {}))
    expect(await rejectHeld(all, held.snapshot ?? '')).toMatchObject({ state: 'rejected', published: null })
    await expect(approveHeld(all, held.snapshot ?? '')).rejects.toThrow('was rejected')
    expect((await warm.pointer(name))?.snapshot).toBe(wrong.id)
  })
})
