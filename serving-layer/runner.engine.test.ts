import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { count, definePipeline, defineStream, defineView, distinct, instant, z } from '../core/index.js'
import type { Connections } from '../stores/connections.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { type LogStore, openLog } from '../stores/log/index.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { runServing } from './runner.js'
import { silent } from './testing/open-answers.js'
import { type Json, NO_OPERATIONS } from './testing/open-api.js'
import { World } from './testing/world.js'

const name = uniqueName('orders')
const orders = defineStream({
  name,
  schema: z.object({ at: instant(), item: z.string(), buyer: z.string() }),
  eventTime: 'at',
  key: 'buyer',
})
const sales = defineView(uniqueName('sales'), {
  from: orders,
  by: (e) => ({ item: e.item }),
  measures: (e) => ({ orders: count(), buyers: distinct(e.buyer) }),
  windows: ['1m', '5m'],
})
const pipeline = definePipeline({ name: 'market', streams: [orders], views: [sales] })

let connections: Connections
let hot: HotStore
let warm: WarmStore
let log: LogStore
let world: World
let url: string
const stop = new AbortController()
let running: Promise<void>

beforeAll(async () => {
  connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: uniqueName('serving') } }
  hot = await openHot(connections.redis)
  warm = await openWarm(connections.mongo)
  log = openLog(connections.kafka, { clientId: name, logger: silent })
  for (const topic of [orders.topic, orders.dlqTopic]) await log.ensureTopic({ name: topic, partitions: 2 })
  world = new World(pipeline, 2, { hot, warm })
  world.clock.nowMs = Date.now() - 150_000
  url = await new Promise<string>((resolve, reject) => {
    running = runServing({
      connections,
      lakeRoot: tmpdir(),
      catalog: world.catalog,
      clock: systemClock,
      logger: silent,
      operations: NO_OPERATIONS,
      signal: stop.signal,
      port: 0,
      onListening: resolve,
    })
    running.catch(reject)
  })
}, 60_000)

afterAll(async () => {
  stop.abort()
  await running
  await Promise.all([hot?.close(), warm?.close(), log?.close()])
}, 30_000)

const get = async (path: string) => {
  const response = await fetch(`${url}${path}`)
  return { status: response.status, body: (await response.json()) as Json }
}

async function eventually<T>(ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const value = await ask()
    if (wanted(value)) return value
    if (Date.now() > deadline) throw new Error(`not within 15 s: ${JSON.stringify(value).slice(0, 2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const answer = () => get(`/v1/views/${sales.name}?from=-1h&window=all&groupBy=item&order=-orders&split=layer`)

test('before its streams are prepared it is alive, and says what it waits for', async () => {
  expect((await get('/healthz')).body.alive).toBe(true)
  expect((await get('/readyz')).status).toBe(503)
  expect(await answer()).toMatchObject({ status: 503, body: { code: 'starting' } })
})

test('merges what Redis and MongoDB hold, and follows both', async () => {
  const order = (item: string, buyer: string) => world.append(name, 0, { at: world.clock.nowMs, item, buyer })
  await world.begin()
  order('tea', 'a')
  order('tea', 'b')
  await world.flushAll()
  const first = await eventually(answer, ({ status, body }) => status === 200 && body.rows[0]?.orders === 2)
  expect(first.body).toMatchObject({
    rows: [{ item: 'tea', orders: 2, buyers: 2, layers: { batch: null } }],
    provenance: { prefix: { [name]: { 0: 2 } }, snapshots: { [name]: null } },
  })

  world.clock.nowMs += 60_000
  order('tea', 'a')
  order('milk', 'c')
  await world.flushAll()
  await world.seal(name)
  await world.drop(name)
  const second = await eventually(answer, ({ body }) => body.provenance?.snapshots[name]?.sequence === 1)
  expect(second.body.rows).toMatchObject([
    { item: 'tea', orders: 3, buyers: 2, layers: { batch: { orders: 2 }, speed: { orders: 1 } } },
    { item: 'milk', orders: 1, layers: { batch: null, speed: { orders: 1 } } },
  ])
  expect(second.body.provenance.degraded).toEqual([])

  world.clock.nowMs += 60_000
  order('milk', 'd')
  await world.flushAll()
  await world.seal(name)
  await world.drop(name)
  const third = await eventually(answer, ({ body }) => body.provenance.snapshots[name].sequence === 2)
  expect(third.body.rows.map((row: { orders: number; layers: unknown }) => [row.orders, row.layers])).toMatchObject([
    [3, { batch: { orders: 3 }, speed: null }],
    [2, { batch: { orders: 1 }, speed: { orders: 1 } }],
  ])
})

test('a record that is posted is acknowledged by the broker and lies in the topic', async () => {
  const record = { at: new Date().toISOString(), item: 'rice', buyer: 'e' }
  const response = await fetch(`${url}/v1/streams/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${JSON.stringify(record)}\n{"item":1}\n`,
  })
  expect(response.status).toBe(207)
  expect(await response.json()).toMatchObject({ accepted: 1, rejected: 1, rejections: [{ index: 1 }] })
  const stored: string[] = []
  for (const { partition, low, high } of await log.offsets(orders.topic)) {
    if (high === low) continue
    for await (const { records } of log.readRange({ topic: orders.topic, partition, from: low, to: high })) {
      for (const { key, value } of records) stored.push(`${key} ${value}`)
    }
  }
  expect(stored).toEqual([`e ${JSON.stringify(record)}`])
})

test('dead letters are read from their topic, and it reports itself', async () => {
  const letter = {
    stream: name,
    topic: orders.topic,
    partition: 0,
    offset: 7,
    timeMs: 1,
    reason: 'json',
    field: null,
    found: '{',
    expected: 'JSON',
    key: null,
    value: { encoding: 'utf8', text: '{' },
  }
  await log.produce(orders.dlqTopic, [{ key: `${orders.topic}/0/7`, value: JSON.stringify(letter) }])
  expect((await get(`/v1/dead-letters?stream=${name}`)).body.deadLetters).toMatchObject([
    { offset: 7, reason: 'json', value: '{' },
  ])
  const report = await eventually(
    async () => (await hot.health()).find(({ layer, detail }) => layer === 'serving' && detail.url === url),
    (found) => found?.ready === true,
  )
  expect(report?.instance).toContain(`${process.pid}`)
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(`tandem_snapshot_sequence{stream="${name}"} 2`)
})
