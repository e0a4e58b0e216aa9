import { mkdir, writeFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { NativeConnection, type Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BackfillPlan } from '../batch-layer/backfill/plan-backfill.js'
import { SnapshotRefusedError } from '../batch-layer/publish/snapshot-refused-error.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { openWorkflows, type Workflows } from './client.js'
import { createWorker } from './create-worker.js'
import { temporalAddress } from './temporal-address.js'
import { installRuntime } from './temporal-runtime.js'
import type { BatchActivities } from './workflow/activity-contract.js'

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const HOUR = 3_600_000
const taskQueue = uniqueName('restate')
const prefix = `${taskQueue}-`
const PLANNED: BackfillPlan = {
  stream: 'clicks',
  base: '1-abc',
  viewSet: 'v',
  pieces: 10,
  missing: 1,
  stale: 2,
  fresh: 7,
  records: 99,
  building: ['new'],
}

let client: Client
let native: NativeConnection
let workflows: Workflows
const running: { worker: Worker; done: Promise<void> }[] = []

beforeAll(async () => {
  const { temporal } = testConnections()
  installRuntime(logger)
  client = new Client({
    connection: await Connection.connect(temporalAddress(temporal)),
    namespace: temporal.namespace,
  })
  native = await NativeConnection.connect(temporalAddress(temporal))
  workflows = await openWorkflows(testConnections(), { logger, taskQueue, prefix })
})

afterEach(async () => {
  for (const { worker, done } of running.splice(0)) {
    worker.shutdown()
    await done
  }
})

afterAll(async () => {
  await workflows.close()
  await client.connection.close()
  await native.close()
})

/** A worker whose steps only note that they were called; what a test is about it replaces. */
async function work(calls: string[], replaced: Partial<BatchActivities> = {}): Promise<void> {
  const steps: Partial<BatchActivities> = {
    resolveEpoch: async () => ({ pipeline: 'p', epochMs: HOUR, marginMs: 0, epoch: 40, dueMs: 0 }),
    planBackfill: async () => PLANNED,
    computePieces: async ({ pieces: { from, to } }) => {
      calls.push(`compute ${from}-${to}`)
      return Array.from({ length: to - from }, (_, i) => `s${from + i}`)
    },
    publishRestated: async ({ segments }) => {
      calls.push(`publish ${segments.join()}`)
      return { status: 'published', snapshot: '2-def', changedWindows: 3, checksum: 'c', because: [] }
    },
    setAliases: async () => {
      calls.push('aliases')
      return []
    },
    ...replaced,
  }
  const { namespace } = testConnections().temporal
  // the workflows of this file take no other steps
  const activities = steps as BatchActivities
  const worker = await createWorker({ connection: native, namespace, taskQueue, activities, logger })
  running.push({ worker, done: worker.run() })
}

/** `RECORD_HISTORIES=1` writes the history of a run to `histories/`, for `replay.test.ts`. */
async function record(name: string, workflowId: string): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return
  const history = historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory())
  const folder = new URL('./histories/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const anonymous = history
    .replaceAll(/"\d+@[^"]*"/g, '"worker"')
    .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    .replaceAll(taskQueue, 'queue')
  await writeFile(new URL(`${name}.json`, folder), `${anonymous}\n`)
}

async function memoOf(run: string): Promise<Record<string, unknown>> {
  return { ...(await client.workflow.getHandle(run).describe()).memo }
}

describe('backfill', () => {
  const range = { stream: 'clicks', fromEpoch: 40, toEpoch: 42 }

  test('computes piece by piece, publishes once, moves the aliases, and says so in its memo', async () => {
    const calls: string[] = []
    await work(calls)
    const { run, result } = await workflows.startBackfill({ ...range, view: 'new', only: 'stale' })
    expect(await result()).toMatchObject({
      status: 'published',
      segments: 10,
      changed: 3,
      completed: ['new'],
      missing: 1,
      stale: 2,
      fresh: 7,
      snapshot: '2-def',
      changedWindows: 3,
    })
    expect(calls).toEqual([
      'compute 0-4',
      'compute 4-8',
      'compute 8-10',
      'publish s0,s1,s2,s3,s4,s5,s6,s7,s8,s9',
      'aliases',
    ])
    expect(await memoOf(run)).toMatchObject({
      pipeline: 'p',
      stream: 'clicks',
      epoch: '19700102T160000Z/19700102T180000Z',
      view: 'new',
      only: 'stale',
      state: 'published',
      done: 10,
      of: 10,
    })
    const shown = { run, stream: 'clicks', view: 'new', only: 'stale', state: 'published', done: 10, of: 10 }
    expect(await workflows.backfillOf(run)).toMatchObject({ ...shown, problem: null, report: { stale: 2 } })
    await expect.poll(() => workflows.backfills({ stream: 'clicks', limit: 1 })).toMatchObject([shown])
    await record('backfill-by-pieces', run)
  })

  test('does nothing in a dry run but say what it would do', async () => {
    const calls: string[] = []
    await work(calls)
    const report = await workflows.backfill({ ...range, dryRun: true })
    expect(report).toMatchObject({ status: 'dry-run', segments: 0, missing: 1, stale: 2, fresh: 7, records: 99 })
    expect(calls).toEqual([])
  })

  test('waits while it is paused, and goes on where it was when it is resumed', async () => {
    const calls: string[] = []
    let run = ''
    await work(calls, {
      computePieces: async ({ pieces: { from, to } }) => {
        if (from === 0)
          expect(await workflows.orderBackfill(run, 'pause')).toEqual({ state: 'paused', done: 0, of: 10 })
        calls.push(`compute ${from}-${to}`)
        return [`s${from}`]
      },
    })
    const started = await workflows.startBackfill(range)
    run = started.run
    await expect
      .poll(() => workflows.backfillOf(run), { timeout: 10_000 })
      .toMatchObject({ state: 'paused', done: 4, of: 10, report: null })
    expect(await memoOf(run)).toMatchObject({ state: 'paused', done: 4 })
    expect(await workflows.orderBackfill(run, 'resume')).toMatchObject({ state: 'running' })
    expect(await started.result()).toMatchObject({ status: 'published' })
    expect(calls).toEqual(['compute 0-4', 'compute 4-8', 'compute 8-10', 'publish s0,s4,s8', 'aliases'])
    await record('backfill-paused', run)
  })

  test('publishes nothing once it is cancelled, paused or not', async () => {
    const calls: string[] = []
    let run = ''
    await work(calls, {
      computePieces: async ({ pieces: { from } }) => {
        calls.push(`compute ${from}`)
        await workflows.orderBackfill(run, 'pause')
        return [`s${from}`]
      },
    })
    const started = await workflows.startBackfill(range)
    run = started.run
    await expect.poll(() => workflows.backfillOf(run), { timeout: 10_000 }).toMatchObject({ done: 4 })
    await workflows.orderBackfill(run, 'cancel')
    expect(await started.result()).toMatchObject({ status: 'cancelled', segments: 4, snapshot: '1-abc' })
    expect(calls).toEqual(['compute 0'])
    expect(await memoOf(run)).toMatchObject({ state: 'cancelled' })
    await expect(workflows.orderBackfill(run, 'resume')).rejects.toThrow(`"${run}" has ended: cancelled`)
    await record('backfill-cancelled', run)
  })
})

describe('decideSnapshot', () => {
  test('rolls back, and the aliases follow', async () => {
    const calls: string[] = []
    await work(calls, {
      decideSnapshot: async ({ action, snapshot }) => {
        calls.push(`${action} ${snapshot}`)
        return { stream: 'clicks', pipeline: 'p', state: 'published', snapshot: '3-ghi' }
      },
    })
    expect(await workflows.decideSnapshot('rollback', '1-abc')).toMatchObject({ stream: 'clicks', snapshot: '3-ghi' })
    expect(calls).toEqual(['rollback 1-abc', 'aliases'])
    const [found] = await workflows.runs({ stream: 'clicks', limit: 1 })
    expect(found).toMatchObject({ type: 'decideSnapshot', reason: 'manual' })
    await record('decide-snapshot', found?.workflowId ?? '')
  })

  test('a refusal ends the run at once, in words', async () => {
    let attempts = 0
    await work([], {
      decideSnapshot: async () => {
        attempts++
        throw new SnapshotRefusedError('no snapshot 7-x is held; none is held')
      },
    })
    await expect(workflows.decideSnapshot('approve', '7-x')).rejects.toThrow('no snapshot 7-x is held')
    expect(attempts).toBe(1)
  })
})
