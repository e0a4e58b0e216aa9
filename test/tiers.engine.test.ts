import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileDiffLimits, publishRecomputed, recomputeStream } from '../batch-layer/restate/index.js'
import { expireOldRaw } from '../batch-layer/retention/expire-raw.js'
import { retain } from '../batch-layer/retention/retain.js'
import { compileRetention } from '../batch-layer/retention/retention-settings.js'
import { planStream, type StreamPlan } from '../batch-layer/stream-plan.js'
import { foldIntoHot } from '../batch-layer/testing/fold-into-hot.js'
import { openRealLayers, type RealLayers } from '../batch-layer/testing/real-layers.js'
import { clickJson, shop } from '../batch-layer/testing/shop.js'
import { runServing } from '../serving-layer/runner.js'
import { NO_OPERATIONS } from '../serving-layer/testing/open-api.js'
import type { Scratch } from '../stores/lake/index.js'
import { openSearchRetention } from '../stores/search/elastic-retention.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarmRetention } from '../stores/warm/mongo-retention.js'
import { testConnections, uniqueName } from './support/engines.js'
import { eventually } from './support/eventually.js'

const EPOCH_MS = 1_000
const MARGIN_MS = 200
const DAY_MS = 86_400_000
const name = uniqueName('tiers')
const connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: name } }
const { catalog, stream, byProduct } = shop(name)
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

let layers: RealLayers
let plan: StreamPlan
let scratch: Scratch
let url: string
let stop: AbortController
let running: Promise<void>

beforeAll(async () => {
  layers = await openRealLayers(connections, 'tiers', MARGIN_MS)
  plan = planStream(catalog(), name, EPOCH_MS)
  await layers.log.ensureTopic({ name, partitions: 2 })
  await layers.log.ensureTopic({ name: stream.dlqTopic, partitions: 1 })
  await layers.warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: Date.now() })
  scratch = await layers.lake.openScratch()
  await startServing()
}, 60_000)

afterAll(async () => {
  stop?.abort()
  await running
  await scratch?.close()
  await layers?.close()
}, 30_000)

/** Sends clicks with these event times, and notes them for the recount. */
async function send(times: readonly number[]): Promise<void> {
  const rows = times.map((at, i) => ({ at, product: i % 3 === 0 ? 'tea' : 'rice', price: 100 + i }))
  const values = rows.map(({ at, product, price }, i) => ({
    ...{ key: null, partition: i % 2, value: clickJson(at, product, price / 100) },
  }))
  await layers.log.produce(name, values)
  const columns = stream.columns.filter((column) => ['at', 'product', 'price'].includes(column.name))
  await scratch.loadRows('sent', columns, rows)
  await foldIntoHot({ ...layers, lake: layers.lake }, plan)
}

async function seal(): Promise<void> {
  await (await layers.sealRunning(plan)).finish()
}

/** What DuckDB counts of everything that was sent. */
const recount = (windowMs: number) =>
  scratch.query(
    `SELECT "at" // ${windowMs} * ${windowMs} AS w, product, count(*)::BIGINT AS clicks, sum(price)::BIGINT AS paid FROM sent GROUP BY ALL ORDER BY ALL`,
  )

async function ask(text: string): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${url}/v1/views/${byProduct.name}?limit=10000&${text}`)
  return { status: response.status, body: (await response.json()) as Answer }
}

interface Answer {
  readonly rows: readonly { window: string; product: string; clicks: number; paid: number }[]
  readonly resolution: string
  readonly detail: string
  readonly provenance: { readonly tiers: readonly { tier: string; resolution: string }[] }
}

const shown = ({ rows }: Answer) =>
  rows
    .map(({ window, product, clicks, paid }) => ({
      ...{ w: Date.parse(window), product, clicks, paid: Math.round(paid * 100) },
    }))
    .sort((a, b) => a.w - b.w || (a.product < b.product ? -1 : 1))

/** An answer over all tiers, once it says what was counted. */
async function expectExact(window: string, windowMs: number): Promise<Answer> {
  const wanted = await recount(windowMs)
  const query = `from=-40d&to=%2B1d&window=${window}&zone=UTC`
  const matches = ({ body }: { body: Answer }) => JSON.stringify(shown(body)) === JSON.stringify(wanted)
  return (await eventually(() => ask(query), matches, 15_000)).body
}

/** Old, recent and new event times, over a month's end and an hour's. */
const timesFrom = (nowMs: number) =>
  [0, 1, 2, 5, 9, 10, 31].flatMap((days) => [0, 59, 60, 61, 180].map((min) => nowMs - days * DAY_MS - min * 60_000))

test('an answer over hot, warm and cold cells is the recount of everything, before and after retention', async () => {
  const nowMs = Date.now()
  await send(timesFrom(nowMs))
  await seal()
  await send(timesFrom(nowMs))
  await seal()
  await send([nowMs, nowMs - 12 * DAY_MS])
  const before = await expectExact('1h', 3_600_000)
  expect(before.provenance.tiers.map(({ tier }) => tier)).toEqual(expect.arrayContaining(['warm', 'hot']))
  const fine = await ask(`from=${nowMs - 10 * DAY_MS - 3_600_000}&to=${nowMs - 10 * DAY_MS}&window=1m`)
  expect(fine.status).toBe(200)

  const retention = compileRetention({ warmMs: 3 * DAY_MS, unnamedMs: 0 })
  const stores = {
    warmRetention: await openWarmRetention(connections.mongo),
    searchRetention: openSearchRetention(connections.search),
  }
  const deps = { ...layers.newDeps(), ...stores, retention, catalog: catalog() }
  try {
    const planned = await retain(deps, [plan], {}, true)
    const removed = await retain(deps, [plan], {})
    expect(removed).toMatchObject({ cooledSegments: 2, cooledDays: planned.cooledDays, segments: 0 })
    expect(await retain(deps, [plan], {})).toMatchObject({ cooledSegments: 0, segments: 0 })
  } finally {
    await stores.warmRetention.close()
    await stores.searchRetention.close()
  }
  // what the pointer names is all there, by the hour
  await restartServing()
  const after = await expectExact('1h', 3_600_000)
  expect(after.provenance.tiers.map(({ tier }) => tier)).toEqual(expect.arrayContaining(['cold', 'warm', 'hot']))
  expect(after.resolution).toBe('1h')
  await expectExact('1d', DAY_MS)
  const refused = await ask(`from=${nowMs - 10 * DAY_MS - 3_600_000}&to=${nowMs - 10 * DAY_MS}&window=1m`)
  expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('finest possible is 1h') } })
  expect((await ask(`from=${nowMs - 3_600_000}&window=1m`)).status).toBe(200)

  // the history is compacted and its raw files expire: the answer stays
  const publish = { ...layers.newDeps(), diffLimits: compileDiffLimits('0') }
  const compacted = await publishRecomputed(publish, plan, await recomputeStream(layers.newDeps(), plan, {}))
  expect(compacted).toMatchObject({ status: 'published', changedWindows: 0 })
  await expectExact('1h', 3_600_000)
  await seal()
  await send([nowMs])
  for (let more = 0; more < 3; more++) await seal()
  const expired = await expireOldRaw(layers.newDeps(), plan, Date.now(), {})
  expect(expired.epochs).toBeGreaterThan(0)
  const again = await publishRecomputed(publish, plan, await recomputeStream(layers.newDeps(), plan, {}))
  expect(again.changedWindows).toBe(0)
  await expectExact('1h', 3_600_000)
  await restartServing()
  await expectExact('1h', 3_600_000)
}, 120_000)

async function startServing(): Promise<void> {
  stop = new AbortController()
  url = await new Promise<string>((resolve, reject) => {
    const served = {
      connections,
      catalog: catalog(),
      lakeRoot: layers.root,
      clock: systemClock,
      logger,
      operations: NO_OPERATIONS,
    }
    running = runServing({ ...served, signal: stop.signal, port: 0, onListening: resolve })
    running.catch(reject)
  })
}

/** A process that is started anew has read nothing. */
async function restartServing(): Promise<void> {
  stop.abort()
  await running
  await startServing()
}
