import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planStream, type StreamPlan } from '../speed-layer/stream-plan.js'
import type { Connections } from '../stores/connections.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { type LogStore, openLog, type ProduceRecord } from '../stores/log/index.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { eventually } from './support/eventually.js'
import { type Installation, MAIN, openInstallation } from './support/installation.js'
import { shopOrders } from './support/shop-orders.js'

const EPOCH_MS = 10_000
/** Guards: nothing takes so long on a quiet machine. */
const TIMEOUT_MS = 300_000
const PATIENCE_MS = 120_000
/** After kill -9 the speed layer is caught up within this time of its restart. */
const RECOVERY_MS = 10_000
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Every fault happens to a whole installation of real processes, and each ends in a recount that finds no drift. */
describe('a whole installation', { timeout: TIMEOUT_MS }, () => {
  let tandem: Installation
  let connections: Connections
  let plan: StreamPlan
  let log: LogStore
  let hot: HotStore
  let warm: WarmStore
  let kafka: Kafka
  let seed = 0

  beforeAll(async () => {
    tandem = await openInstallation({ epoch: '10s' })
    const { catalog } = tandem.instance
    connections = await tandem.instance.connections()
    const stream = catalog.streams.get('orders')
    if (!stream) throw new Error('the shop has no orders')
    plan = planStream(stream, catalog.streamViews('orders', EPOCH_MS), EPOCH_MS)
    log = openLog(connections.kafka, { clientId: 'faults', logger })
    hot = await openHot(connections.redis)
    warm = await openWarm(connections.mongo)
    kafka = new Kafka({ brokers: [...connections.kafka.brokers], logLevel: logLevel.NOTHING })
  }, TIMEOUT_MS)
  afterAll(async () => {
    await Promise.all([log?.close(), hot?.close(), warm?.close()])
    await tandem?.close()
  }, TIMEOUT_MS)

  const ordersNow = (count: number): ProduceRecord[] =>
    shopOrders(++seed, count, Date.now()).map((order) => ({ key: order.customer.city, value: JSON.stringify(order) }))
  /** Some of them late by minutes, some by days, some refused by the stream's own rule. */
  const order = (count: number) => log.produce('orders', ordersNow(count))
  const stored = async (partition: number) => (await hot.state(plan.keyspace, partition))?.next ?? -1

  /** Waits until the speed layer has stored all that is in the topic now. */
  async function caughtUp(): Promise<void> {
    const ends = await eventually(
      () => log.offsets('orders'),
      () => true,
      PATIENCE_MS,
    )
    for (const { partition, high } of ends)
      await eventually(
        () => stored(partition),
        (next) => next >= high,
        PATIENCE_MS,
      )
  }
  /** The recount agrees, and holds all that was sent. */
  async function expectExact() {
    await caughtUp()
    const verdict = await tandem.verify()
    const read = (await log.offsets('orders')).reduce((sum, { high }) => sum + high, 0)
    expect(verdict).toMatchObject({ drift: 0 })
    expect(verdict.records).toBeGreaterThan(0.9 * read) // the rest are ticks, markers and aborted records
    expect(verdict.ledger.read).toBe(verdict.ledger.accepted + verdict.ledger.rejected + verdict.ledger.duplicates)
    return verdict
  }
  async function redis(command: string): Promise<string> {
    const { hostname, port } = new URL(connections.redis.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.end(`${command}\r\nQUIT\r\n`)
    return text(socket)
  }

  it('counts what it is sent in both layers, by the API and by the log, late by minutes and by days', async () => {
    const answer = await tandem.post('/v1/streams/orders', shopOrders(++seed, 500, Date.now()))
    expect(answer).toMatchObject({ accepted: expect.any(Number), rejected: expect.any(Number) })
    await order(1_500)
    await caughtUp()
    await tandem.tandem('seal', '--wait')
    const { ledger } = await expectExact()
    expect(ledger.rejected).toBeGreaterThan(0)
  })

  it('refuses each kind of poison by its rule, in both layers', async () => {
    const [good] = shopOrders(++seed, 1, Date.now())
    const poison: Record<string, string> = {
      json: '{"id":"1","placed":',
      type: JSON.stringify({ ...good, items: 'two' }),
      'too-large': JSON.stringify({ ...good, note: 'x'.repeat(5_000_000) }),
      'event-time-in-future': JSON.stringify({ ...good, placed: { at: '2099-01-01T00:00:00Z', channel: 'web' } }),
    }
    const before = (await expectExact()).ledger.rejected
    await log.produce('orders', [
      ...Object.values(poison).map((value) => ({ key: null, value })),
      { key: null, value: JSON.stringify(good).replace(/"total":[\d.]+/, '"total":NaN') },
    ])
    expect((await expectExact()).ledger.rejected).toBe(before + 5)
    await tandem.tandem('seal', '--wait')
    expect((await expectExact()).ledger.rejected).toBe(before + 5)
    const { counts } = JSON.parse(await tandem.tandem('dlq', 'list', 'orders', '--json'))
    for (const reason of Object.keys(poison)) {
      const open = reason === 'json' ? 2 : 1
      expect(counts).toContainEqual({ reason, open, replayed: 0, dropped: 0 })
    }
  })

  it('is exact and caught up within 10 s of the restart of a speed layer that was killed', async () => {
    const recoveries: number[] = []
    for (let round = 0; round < 2; round++) {
      const sending = order(3_000)
      await tandem.signal('speed', 'SIGKILL')
      await sending
      await tandem.up()
      await caughtUp()
      recoveries.push(Date.now() - (await tandem.processOf('speed')).startedAtMs)
    }
    console.log(
      `speed layer: caught up ${recoveries.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s after its restart`,
    )
    await expectExact()
    // the best of them: the machine may have other things to do as well
    expect(Math.min(...recoveries)).toBeLessThan(RECOVERY_MS)
  })

  it('counts once where a stopped speed layer continues after another took its partitions', async () => {
    const { pid: zombie } = await tandem.processOf('speed')
    process.kill(zombie, 'SIGSTOP')
    const other = spawn(process.execPath, [MAIN, 'speed'], { env: tandem.env, stdio: 'ignore' })
    try {
      await order(1_000)
      await caughtUp()
      process.kill(zombie, 'SIGCONT')
      await order(500)
      await caughtUp()
    } finally {
      other.kill('SIGTERM')
      await once(other, 'exit')
    }
    await order(100)
    await expectExact()
  })

  it('counts a file once that is sent again, though the speed layer is killed in between', async () => {
    const file = ordersNow(800)
    await log.produce('orders', file)
    const before = (await expectExact()).ledger
    await tandem.signal('speed', 'SIGKILL')
    await log.produce('orders', file)
    await tandem.up()
    const after = (await expectExact()).ledger
    expect(after).toMatchObject({ accepted: before.accepted })
    // refused orders are refused again
    expect(after.duplicates - before.duplicates + after.rejected - before.rejected).toBe(800)
    await tandem.tandem('seal', '--wait')
    expect((await expectExact()).ledger).toEqual(after)
    expect(JSON.stringify(await tandem.get('/v1/parity?stream=orders'))).not.toContain('"different"')
  })

  it('pauses while Redis is gone, and goes on', async () => {
    await tandem.signal('redis', 'SIGKILL')
    await order(500)
    await tandem.up()
    await expectExact()
  })

  it('stands still while Redis is full, loses nothing, and catches up', async () => {
    const before = await stored(0)
    await redis('CONFIG SET maxmemory 1')
    try {
      await order(500)
      await eventually(
        async () => (await hot.health()).find(({ layer }) => layer === 'speed'),
        (report) => report?.ready === false,
        PATIENCE_MS,
      )
      expect(await stored(0)).toBe(before)
    } finally {
      await redis('CONFIG SET maxmemory 0')
    }
    await expectExact()
  })

  it('rebuilds from the boundary after Redis lost everything', async () => {
    expect(await redis('FLUSHALL')).toContain('+OK')
    await order(500)
    await expectExact()
  })

  it('survives kill -9 of the broker', async () => {
    await tandem.signal('kafka', 'SIGKILL')
    await tandem.up()
    await eventually(
      () => order(500),
      () => true,
      PATIENCE_MS,
    )
    await expectExact()
  })

  it('completes a seal whose worker is killed, and one whose Temporal is', async () => {
    for (const victim of ['worker', 'temporal']) {
      await order(500)
      const seal = tandem.tandem('seal', '--wait').catch(() => '') // its own connection may be the one that dies
      await tandem.signal(victim, 'SIGKILL')
      await tandem.up()
      await seal
    }
    await tandem.tandem('seal', '--wait')
    await expectExact()
  })

  it('publishes nothing more for an epoch that is sealed twice', async () => {
    await tandem.tandem('seal', '--wait')
    const before = await warm.pointer('orders')
    const boundary = (await warm.snapshot(before?.snapshot ?? ''))?.boundary
    const epoch = Math.min(...Object.values(boundary ?? {}).map(({ epoch }) => epoch)) - 1
    await tandem.tandem('seal', 'orders', '--epoch', `${epoch}`)
    expect((await warm.pointer('orders'))?.snapshot).toBe(before?.snapshot)
    await expectExact()
  })

  it('seals around an open transaction, an aborted one, and a partition that was added', async () => {
    await log.addPartitions('orders', plan.stream.partitions + 1)
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: 'faults-open' })
    await producer.connect()
    try {
      const open = await producer.transaction()
      const messages = ordersNow(50).map(({ key, value }) => ({ key, value: value as string, partition: 0 }))
      await open.send({ topic: 'orders', messages })
      await log.produceTransaction('orders', ordersNow(100), false)
      await eventually(
        () => order(300),
        () => true,
        PATIENCE_MS,
      )
      await tandem.tandem('seal', '--wait')
      expect(await tandem.verify()).toMatchObject({ drift: 0 })
      await open.commit()
    } finally {
      await producer.disconnect()
    }
    await expectExact()
    await tandem.tandem('seal', '--wait')
    await expectExact()
    expect(
      Object.keys((await warm.snapshot((await warm.pointer('orders'))?.snapshot ?? ''))?.boundary ?? {}),
    ).toHaveLength(plan.stream.partitions + 1)
  })

  it('counts the same after a rollback to a snapshot whose epochs Redis has dropped', async () => {
    const older = (await warm.snapshots('orders', 3)).at(-1)
    await tandem.tandem('snapshots', 'rollback', older?.id ?? '')
    expect((await warm.snapshots('orders', 1))[0]?.reason).toBe('rollback')
    await expectExact()
    await order(200)
    await tandem.tandem('seal', '--wait')
    await expectExact()
  })

  it('takes no record to another epoch when the clock of its worker steps ahead and back', async () => {
    const ahead = new URL('./support/clock-ahead.mjs', import.meta.url)
    await order(200)
    for (const clockMs of [15_000, -15_000, 0]) {
      await tandem.signal('worker', 'SIGKILL')
      await tandem.up({
        NODE_OPTIONS: `--import ${ahead.href}`,
        TANDEM_TESTING_CLOCK_MS: `${clockMs}`,
      })
      await tandem.tandem('seal')
      await order(200)
      await caughtUp()
    }
    await tandem.tandem('seal', '--wait')
    // of all of it: a record that any of the clocks moved to another epoch would be counted twice, or not at all
    await expectExact()
  })

  it("refuses a topic with the producer's time, with the command that mends it", async () => {
    const admin = kafka.admin()
    await admin.connect()
    const setTime = (value: string) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: 'orders',
            configEntries: [{ name: 'message.timestamp.type', value }],
          },
        ],
      })
    try {
      await setTime('CreateTime')
      await expect(tandem.up()).rejects.toThrow('message.timestamp.type=LogAppendTime')
      await setTime('LogAppendTime')
      await tandem.up()
    } finally {
      await admin.disconnect()
    }
    await expectExact()
  })
})
