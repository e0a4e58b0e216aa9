import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clickJson, shop } from '../batch-layer/testing/shop.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { openLog } from '../stores/log/index.js'
import type { LogStore } from '../stores/log/log-port.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { eventually } from '../test/support/eventually.js'
import { openWorkflows, type Workflows } from './client.js'
import { runWorker } from './runner.js'

const EPOCH_MS = 2_000
const MARGIN_MS = 200
const name = uniqueName('run')
const catalog = shop(name).catalog()
const connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: name } }
const said: string[] = []
const logger = {
  info: (_: unknown, message: string) => void said.push(message),
  warn: (_: unknown, message: string) => void said.push(message),
  error: (_: unknown, message: string) => void said.push(message),
}

let lakeRoot: string
let log: LogStore
let hot: HotStore
let warm: WarmStore
let workflows: Workflows
const names = { taskQueue: name, prefix: `${name}-` }

beforeAll(async () => {
  lakeRoot = await mkdtemp(join(tmpdir(), 'tandem-run-'))
  log = openLog(connections.kafka, { clientId: name, logger })
  hot = await openHot(connections.redis)
  warm = await openWarm(connections.mongo)
  workflows = await openWorkflows(connections, { logger, ...names })
})

afterAll(async () => {
  await workflows.ensureSchedules(shop(uniqueName('none')).catalog(), { streams: [], sealMarginMs: MARGIN_MS })
  await Promise.all([workflows.close(), warm.close(), hot.close(), log.close()])
  await rm(lakeRoot, { recursive: true, force: true })
})

test('the worker waits for its streams, seals on schedule, says how it is, backfills, and stops when told', {
  timeout: 120_000,
}, async () => {
  const stop = new AbortController()
  let ready = false
  const running = runWorker({
    connections,
    catalog,
    lakeRoot,
    clock: systemClock,
    logger,
    signal: stop.signal,
    sealMarginMs: MARGIN_MS,
    ...names,
    onReady: () => {
      ready = true
    },
  })
  await eventually(
    async () => said,
    (lines) => lines.includes('waiting for streams to be registered in MongoDB'),
  )
  expect(ready).toBe(false)

  await log.ensureTopic({ name, partitions: 2 })
  const settings = await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: Date.now() })
  await log.produce(name, [{ key: null, partition: 0, value: clickJson(Date.now(), 'tea', 3) }])
  await workflows.ensureSchedules(catalog, { streams: [settings], sealMarginMs: MARGIN_MS })

  const [snapshot] = await eventually(
    () => warm.snapshots(name, 1),
    (found) => found.length > 0,
  )
  if (snapshot === undefined) throw new Error('no snapshot')
  expect(snapshot.boundary[0]).toMatchObject({ offset: 1 })
  const reports = await eventually(
    () => hot.health(),
    (found) => found.some((report) => report.layer === 'worker' && name in ((report.detail.seals ?? {}) as object)),
  )
  expect(reports.find((report) => report.layer === 'worker' && name in (report.detail.seals as object))).toMatchObject({
    ready: true,
  })
  const runs = await workflows.runs({ stream: name })
  expect(runs.find((run) => run.reason === 'schedule' && run.status === 'completed')).toMatchObject({
    pipeline: 'shop',
    type: 'sealEpoch',
  })

  const to = snapshot.boundary[0]?.epoch ?? 0
  const again = await workflows.backfill({ stream: name, fromEpoch: 0, toEpoch: to })
  expect(again).toMatchObject({ segments: 2, changed: 0, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const { checksum } = again
  expect(await workflows.backfill({ stream: name, fromEpoch: 0, toEpoch: to })).toMatchObject({ checksum, changed: 0 })
  // an epoch that is sealed is found sealed, by whatever run
  expect(await workflows.sealNow(name, { epoch: to - 1 })).toMatchObject({ read: 0, duplicates: 0 })

  const stoppedAt = performance.now()
  stop.abort()
  await running
  expect(performance.now() - stoppedAt).toBeLessThan(10_000)
})
