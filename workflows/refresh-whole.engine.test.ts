import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { planStream } from '../batch-layer/stream-plan.js'
import { foldIntoHot } from '../batch-layer/testing/fold-into-hot.js'
import { mergedAnswer, recount } from '../batch-layer/testing/merged-answer.js'
import { clickJson, shop } from '../batch-layer/testing/shop.js'
import { compileCatalog } from '../core/define/compile-catalog.js'
import { definePipeline, defineSource, SourceError } from '../core/index.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { openLog } from '../stores/log/index.js'
import type { LogStore } from '../stores/log/log-port.js'
import { openSearchRetention } from '../stores/search/elastic-retention.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { openWarmRetention } from '../stores/warm/mongo-retention.js'
import { openRunReports } from '../stores/warm/mongo-run-reports.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { openWorkflows, type Workflows } from './client.js'
import { runWorker } from './runner.js'

const EPOCH_MS = 2_000
const name = uniqueName('whole')
const connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: name } }
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const names = { taskQueue: name, prefix: `${name}-` }
const { stream, byProduct } = shop(name)
const said: string[] = []
/** What the site's page shows. */
let page: readonly object[] = []
let folder: string
let site: Server
let url: string
let log: LogStore
let hot: HotStore
let warm: WarmStore
let workflows: Workflows

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-whole-'))
  site = createServer(async (request, response) => {
    if (request.url === '/clicks.json') response.setHeader('content-type', 'application/json').end(JSON.stringify(page))
    else if (request.url === '/other') response.setHeader('content-type', 'text/html').end('<p>we have moved</p>')
    else if (request.url === '/slack') {
      let body = ''
      for await (const piece of request) body += piece
      said.push(JSON.parse(body).text)
      response.end('ok')
    } else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(site, 'listening')
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  log = openLog(connections.kafka, { clientId: name, logger })
  hot = await openHot(connections.redis)
  warm = await openWarm(connections.mongo)
  workflows = await openWorkflows(connections, { logger, ...names })
  await log.ensureTopic({ name, partitions: 2 })
  await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: 0 })
})

afterAll(async () => {
  await Promise.all([workflows.close(), warm.close(), hot.close(), log.close()])
  site.closeAllConnections()
  site.close()
  await rm(folder, { recursive: true, force: true })
})

function catalogOf() {
  const good = defineSource({
    name: `${name}-good`,
    description: 'clicks that a site lists',
    into: stream,
    crawl: async (io) => {
      await io.get(`${url}/clicks.json`, { kind: 'list' })
    },
    read: ({ body }) =>
      (JSON.parse(Buffer.from(body).toString('utf8')) as { ref: string }[]).map((value) => ({ id: value.ref, value })),
  })
  const moved = defineSource({
    name: `${name}-moved`,
    description: 'a page that has changed its shape',
    into: stream,
    crawl: async (io) => {
      await io.get(`${url}/other`, { kind: 'list' })
    },
    read: ({ body }) => {
      throw new SourceError('shape', 'the page has no table', Buffer.from(body).toString('utf8'))
    },
  })
  return compileCatalog([
    definePipeline({ name: 'shop', streams: [stream], views: [byProduct], sources: [good, moved] }),
  ])
}

const clickAt = (atMs: number, product: string, price: number, ref: string) =>
  JSON.parse(clickJson(atMs, product, price, ref)) as object

test('a whole refresh: sources, a compacted history, retention, report; run again it changes nothing', {
  timeout: 180_000,
}, async () => {
  const catalog = catalogOf()
  const plan = planStream(catalog, name, EPOCH_MS)
  const stop = new AbortController()
  const running = runWorker({
    connections,
    catalog,
    lakeRoot: join(folder, 'lake'),
    clock: systemClock,
    logger,
    signal: stop.signal,
    sealMarginMs: 100,
    refresh: {
      landingRoot: join(folder, 'landing'),
      retention: { snapshotsMs: 0, snapshotsAtLeast: 1, unnamedMs: 0 },
      slackWebhook: `${url}/slack`,
    },
    ...names,
  })
  const now = Date.now()
  for (const [partition, product] of ['tea', 'rice', 'tea'].entries()) {
    await log.produce(name, [
      { key: null, partition: partition % 2, value: clickJson(now - partition * 90_000, product, 3) },
    ])
    await foldIntoHot({ log, hot, warm }, plan)
    await workflows.sealNow(name, { wait: true })
  }
  const hourly = await warm.snapshots(name, 10)
  expect(hourly[0]?.segments.length).toBeGreaterThan(plan.views.length)

  page = [clickAt(now, 'milk', 2, 'r1'), clickAt(now, 'tea', 1.5, 'r2')]
  const first = await workflows.refreshNow({ wait: true })
  expect(first.sources).toMatchObject([
    { name: `${name}-good`, status: 'ok', landed: 1, read: 2, loaded: 2, errors: [] },
    { name: `${name}-moved`, status: 'failed', loaded: 0, errors: [{ kind: 'shape' }] },
  ])
  expect(first.problems).toEqual([expect.stringContaining('the page has no table')])
  expect(first).toMatchObject({
    status: 'published',
    views: 2,
    changedWindows: 0,
    streams: [{ records: 5, segments: 2 }],
  })
  await foldIntoHot({ log, hot, warm }, plan)
  for (const view of plan.views)
    expect(await mergedAnswer({ hot, warm }, plan, view)).toEqual(await recount(log, plan, view))

  // only what is in force is left, in both stores
  const [inForce, ...older] = await warm.snapshots(name, 10)
  expect(older).toEqual([])
  expect(inForce?.reason).toBe('refresh')
  expect(first.retention).toMatchObject({ segments: expect.any(Number), searchSegments: expect.any(Number) })
  const kept = inForce?.segments.map(({ id }) => id).sort()
  const warmRetention = await openWarmRetention(connections.mongo)
  const left: string[] = []
  for await (const cells of warmRetention.stored()) left.push(cells.split('.')[0] as string)
  await warmRetention.close()
  expect(left.sort()).toEqual(kept)
  const searchRetention = openSearchRetention(connections.search)
  const shown: string[] = []
  for await (const { segment } of searchRetention.stored(plan.views.map((view) => view.name))) shown.push(segment)
  await searchRetention.close()
  expect(shown.sort()).toEqual(kept)

  const again = await workflows.refreshNow()
  expect(again.sources[0]).toMatchObject({ loaded: 0, unchanged: 2, checksum: first.sources[0]?.checksum })
  expect(first.sources[0]?.checksum).toMatch(/^[0-9a-f]{64}$/)
  expect(again.streams).toMatchObject([
    {
      status: 'unchanged',
      computed: 0,
      changedWindows: 0,
      checksum: first.streams[0]?.checksum,
      snapshot: inForce?.id,
    },
  ])
  expect(said).toHaveLength(2)
  expect(said[0]).toContain('Tandem refresh of all')
  const reports = await openRunReports(connections.mongo)
  expect(await reports.one(first.id)).toEqual(first)
  expect((await reports.list(10)).map(({ id }) => id)).toEqual([again.id, first.id])
  expect(await reports.one('none')).toBeNull()
  await reports.close()
  stop.abort()
  await running
})
