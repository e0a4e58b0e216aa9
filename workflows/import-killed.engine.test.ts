import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { planStream } from '../batch-layer/stream-plan.js'
import { shop } from '../batch-layer/testing/shop.js'
import { cellKey } from '../core/cell/cell-key.js'
import { decodeRegisters } from '../core/cell/decode-registers.js'
import { openLake } from '../stores/lake/index.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { openWorkflows, type Workflows } from './client.js'
import type { TestingWorker } from './testing-worker.js'
import type { BatchActivities } from './workflow/activity-contract.js'

/** The compiled one, as it is in production, which starts in a fraction of the time; `npm test` builds first. */
const WORKER = fileURLToPath(new URL('../dist/workflows/testing-worker.js', import.meta.url))
const EPOCH_MS = 60_000
const ROWS = 150_000
const START_MS = Date.UTC(2024, 1, 28, 23)

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const name = uniqueName('import')
const plan = planStream(shop(name).catalog(), name, EPOCH_MS)
const connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: name } }
let lakeRoot: string
let folder: string
let warm: WarmStore
let workflows: Workflows
let child: ChildProcess | null = null

beforeAll(async () => {
  lakeRoot = await mkdtemp(join(tmpdir(), 'tandem-import-lake-'))
  folder = await mkdtemp(join(tmpdir(), 'tandem-import-files-'))
  warm = await openWarm(connections.mongo)
  workflows = await openWorkflows(connections, { logger, taskQueue: name, prefix: `${name}-` })
  await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: 0 })
})

afterAll(async () => {
  child?.kill('SIGKILL')
  await workflows.close()
  await warm.close()
  for (const made of [lakeRoot, folder]) await rm(made, { recursive: true, force: true })
})

function startWorker(dieAfter: keyof BatchActivities | null): ChildProcess {
  const given: TestingWorker = {
    connections,
    stream: name,
    lakeRoot,
    taskQueue: name,
    sealMarginMs: 100,
    dieAfter,
  }
  child = spawn(process.execPath, [WORKER], {
    env: { ...process.env, TANDEM_TESTING_WORKER: JSON.stringify(given) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return child
}

test('an import whose worker is killed while it reads, computes and publishes counts each row once', {
  timeout: 480_000,
}, async () => {
  const path = join(folder, 'history.ndjson')
  await writeFile(path, Array.from({ length: ROWS }, (_, i) => line(i)).join(''))
  const report = workflows.importFile({ stream: name, path })
  report.catch(() => undefined) // awaited below; until then a failure must not end the test without its reason

  const reading = startWorker(null)
  const ended = once(reading, 'exit')
  await expect.poll(unfinished, { timeout: 120_000, interval: 20 }).toBeGreaterThan(0)
  reading.kill('SIGKILL')
  await ended
  for (const step of ['importSegments', 'publishImport'] as const) {
    const [, signal] = await once(startWorker(step), 'exit')
    expect([step, signal]).toEqual([step, 'SIGKILL'])
  }
  const last = startWorker(null)
  const done = await report
  expect(done).toMatchObject({ rows: ROWS, accepted: ROWS - 1, rejected: 1, already: false })
  expect(done.examples).toMatchObject([{ line: 78, reason: 'price-negative' }])
  await expectCounted(done.snapshot)

  const again = await workflows.importFile({ stream: name, path })
  expect(again).toMatchObject({ already: true, snapshot: done.snapshot, sha256: done.sha256, rejected: 1 })
  await expect(workflows.importFile({ stream: name, path: join(folder, 'none.csv') })).rejects.toThrow(
    'cannot be read by the worker',
  )
  await expect(workflows.importFile({ stream: name, path, mapping: 'unknown' })).rejects.toThrow(
    'there is no mapping "unknown"',
  )
  last.kill('SIGTERM')
  await once(last, 'exit')
  const lake = await openLake(lakeRoot)
  try {
    const [manifest] = await lake.imports.manifests(name)
    if (!manifest) throw new Error('nothing in the lake')
    await lake.imports.check(manifest)
    const files = await readdir(join(lakeRoot, name, 'imports', done.sha256))
    expect(files.sort()).toEqual(manifest.parts.map(({ file }) => file.split('/').at(-1)).sort())
  } finally {
    await lake.close()
  }
})

/** Files of an import that is being written. */
async function unfinished(): Promise<number> {
  const files = await readdir(join(lakeRoot, name), { recursive: true }).catch(() => [])
  return files.filter((file) => file.endsWith('.tmp')).length
}

async function expectCounted(snapshotId: string): Promise<void> {
  const snapshot = await warm.snapshot(snapshotId)
  expect(snapshot?.imports).toMatchObject([{ rows: ROWS, events: { fromMs: START_MS } }])
  const [view] = plan.views
  if (!view) throw new Error('no view')
  const counted = new Map<string, number>()
  for (const segment of snapshot?.segments.filter((each) => each.view === view.name) ?? []) {
    for (const { key, registers } of await warm.cells(segment.id)) {
      counted.set(key, (counted.get(key) ?? 0) + Number(decodeRegisters(view.registers, registers)[0]))
    }
  }
  expect([...counted.values()].reduce((sum, records) => sum + records, 0)).toBe(ROWS - 1)
  // a leap day's first minute
  expect(counted.get(cellKey(Date.UTC(2024, 1, 29), ['tea']))).toBe(30)
}

/** One row a second, half of them tea; row 77 is refused. */
function line(i: number): string {
  const at = new Date(START_MS + i * 1_000).toISOString()
  return `${JSON.stringify({ at, product: i % 2 ? 'rice' : 'tea', price: i === 77 ? -1 : i % 9, member: null })}\n`
}
