import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { planStream } from '../batch-layer/stream-plan.js'
import { falsify } from '../batch-layer/testing/falsify.js'
import { foldIntoHot } from '../batch-layer/testing/fold-into-hot.js'
import { mergedAnswer, recount } from '../batch-layer/testing/merged-answer.js'
import { clickJson, shop } from '../batch-layer/testing/shop.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { openLake } from '../stores/lake/index.js'
import { openLog } from '../stores/log/index.js'
import type { LogStore } from '../stores/log/log-port.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { openWorkflows, type Workflows } from './client.js'
import type { TestingWorker } from './testing-worker.js'
import type { BatchActivities } from './workflow/activity-contract.js'

/** The compiled one, as it is in production; `npm test` builds first. */
const WORKER = fileURLToPath(new URL('../dist/workflows/testing-worker.js', import.meta.url))
const EPOCH_MS = 2_000
const MARGIN_MS = 100
const STEPS: readonly (keyof BatchActivities)[] = [
  'sealEpochs',
  'buildSegments',
  'compareLayers',
  'publish',
  'setAliases',
  'dropCovered',
]

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const name = uniqueName('kill')
const pipeline = shop(name)
const plan = planStream(pipeline.catalog(), name, EPOCH_MS)
const connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: name } }
let lakeRoot: string
let log: LogStore
let hot: HotStore
let warm: WarmStore
let workflows: Workflows
let child: ChildProcess | null = null

beforeAll(async () => {
  lakeRoot = await mkdtemp(join(tmpdir(), 'tandem-kill-'))
  log = openLog(connections.kafka, { clientId: name, logger })
  hot = await openHot(connections.redis)
  warm = await openWarm(connections.mongo)
  workflows = await openWorkflows(connections, { logger, taskQueue: name, prefix: `${name}-` })
  await log.ensureTopic({ name, partitions: 2 })
  await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: 0 })
})

afterAll(async () => {
  child?.kill('SIGKILL')
  await workflows.close()
  await warm.close()
  await hot.close()
  await log.close()
  await rm(lakeRoot, { recursive: true, force: true })
})

function startWorker(dieAfter: keyof BatchActivities | null): ChildProcess {
  const given: TestingWorker = {
    connections,
    stream: name,
    lakeRoot,
    taskQueue: name,
    sealMarginMs: MARGIN_MS,
    dieAfter,
  }
  child = spawn(process.execPath, [WORKER], {
    env: { ...process.env, TANDEM_TESTING_WORKER: JSON.stringify(given) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return child
}

test('a seal whose worker is killed in every one of its steps completes, and the answer is exact', {
  timeout: 240_000,
}, async () => {
  await produce()
  await foldIntoHot({ log, hot, warm }, plan)
  const report = workflows.sealNow(name, { wait: true })
  report.catch(() => undefined) // awaited below; until then a failure must not end the test without its reason
  for (const step of STEPS) {
    const [, signal] = await once(startWorker(step), 'exit')
    expect([step, signal]).toEqual([step, 'SIGKILL'])
  }
  const last = startWorker(null)
  expect(await report).toMatchObject({ parity: { different: 0 } })
  await foldIntoHot({ log, hot, warm }, plan)
  for (const view of plan.views) {
    expect(await mergedAnswer({ hot, warm }, plan, view)).toEqual(await recount(log, plan, view))
  }
  const lake = await openLake(lakeRoot)
  try {
    const manifests = await lake.manifests(name)
    expect(manifests.flatMap((m) => m.partitions).reduce((sum, p) => sum + p.read, 0)).toBe(6)
    for (const manifest of manifests) await lake.checkFiles(manifest)
  } finally {
    await lake.close()
  }
  last.kill('SIGTERM')
  const [code] = await once(last, 'exit')
  expect(code).toBe(0)
})

test('a restatement whose worker is killed in every step that writes leaves the old or the new in force, and completes', {
  timeout: 240_000,
}, async () => {
  const [view] = plan.views
  if (view === undefined) throw new Error('no view')
  const wrong = await falsify(warm, name, view, Date.now())
  const inForce = async () => (await warm.pointer(name))?.snapshot
  const killed = async (steps: readonly (keyof BatchActivities)[]): Promise<void> => {
    for (const step of steps) {
      const [, signal] = await once(startWorker(step), 'exit')
      expect([step, signal]).toEqual([step, 'SIGKILL'])
    }
  }
  const { run, result } = await workflows.startBackfill({ stream: name, fromEpoch: 0, toEpoch: 2 ** 40 })
  await killed(['computePieces', 'publishRestated'])
  expect(await inForce()).toBe(wrong.id)
  startWorker(null)
  const backfilled = await result()
  expect(backfilled).toMatchObject({ status: 'held' })
  expect(await workflows.backfillOf(run)).toMatchObject({ state: 'held' })
  expect(await warm.heldSnapshots({ stream: name, limit: 9 })).toHaveLength(1)
  await stopWorker()

  const approved = workflows.decideSnapshot('approve', backfilled.snapshot ?? '')
  await killed(['decideSnapshot'])
  expect(await inForce()).toBe(backfilled.snapshot)
  startWorker(null)
  expect(await approved).toMatchObject({ state: 'published', snapshot: backfilled.snapshot })
  await foldIntoHot({ log, hot, warm }, plan)
  for (const one of plan.views) {
    expect(await mergedAnswer({ hot, warm }, plan, one)).toEqual(await recount(log, plan, one))
  }
  await stopWorker()

  const sequence = (await warm.pointer(name))?.sequence ?? 0
  const back = workflows.decideSnapshot('rollback', wrong.id)
  await killed(['decideSnapshot'])
  startWorker(null)
  expect((await back).snapshot).toBe(await inForce())
  // repeated after a lost reply it publishes nothing once more
  expect((await warm.pointer(name))?.sequence).toBe(sequence + 1)
  await stopWorker()
})

async function stopWorker(): Promise<void> {
  if (child === null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function produce(): Promise<void> {
  const now = Date.now()
  await log.produce(name, [
    { key: null, partition: 0, value: clickJson(now, 'tea', 3) },
    { key: null, partition: 0, value: clickJson(now - 600_000, 'rice', 2.5) },
    { key: null, partition: 1, value: clickJson(now, 'tea', -3) },
    { key: null, partition: 1, value: '{"at":' },
  ])
  await log.produceTransaction(name, [{ key: null, partition: 1, value: clickJson(now, 'never', 9) }], false)
  await log.produceTransaction(
    name,
    [
      { key: null, partition: 1, value: clickJson(now, 'tea', 9) },
      { key: null, partition: 1, value: clickJson(now, 'rice', 9) },
    ],
    true,
  )
}
