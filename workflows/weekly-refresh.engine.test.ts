import { mkdir, writeFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { NativeConnection, type Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { openWorkflows, type Workflows } from './client.js'
import { createWorker } from './create-worker.js'
import { ensureRefreshSchedule, refreshScheduleId, removeRefreshSchedule } from './refresh-schedule.js'
import { temporalAddress } from './temporal-address.js'
import { installRuntime } from './temporal-runtime.js'
import type { BatchActivities } from './workflow/activity-contract.js'
import type { RefreshActivities } from './workflow/refresh-contract.js'

type Steps = Partial<BatchActivities & RefreshActivities>

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const REMOVED = {
  ...{ snapshots: 1, segments: 2, searchSegments: 2, partFiles: 0 },
  ...{ cooledSegments: 0, cooledDays: 0, rawEpochs: 0, kept: [] },
}
const WEEK = 7 * 86_400_000
const taskQueue = uniqueName('refresh')
const prefix = `${taskQueue}-`
const running: { worker: Worker; done: Promise<void> }[] = []
let client: Client
let native: NativeConnection
let workflows: Workflows

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

afterEach(stopWorkers)

afterAll(async () => {
  await removeRefreshSchedule(client, prefix)
  await workflows.close()
  await client.connection.close()
  await native.close()
})

async function stopWorkers(): Promise<void> {
  for (const { worker, done } of running.splice(0)) {
    worker.shutdown()
    await done
  }
}

async function work(activities: Steps): Promise<void> {
  const { namespace } = testConnections().temporal
  const worker = await createWorker({ connection: native, namespace, taskQueue, activities, logger })
  running.push({ worker, done: worker.run() })
}

/** `RECORD_HISTORIES=1` writes the history of a run to `histories/`, for `replay.test.ts`. */
async function record(
  name: string,
  { workflowId, id }: { readonly workflowId: string; readonly id?: string },
): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return
  const history = historyToJSON(await client.workflow.getHandle(workflowId, id).fetchHistory())
  const folder = new URL('./histories/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const anonymous = history
    .replaceAll(/"\d+@[^"]*"/g, '"worker"')
    .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    .replaceAll(taskQueue, 'queue')
  await writeFile(new URL(`${name}.json`, folder), `${anonymous}\n`)
}

/** Steps that note that they were called; two sources, two streams and a collection. */
function noted(calls: string[], replaced: Steps = {}): Steps {
  return {
    planRefresh: async ({ pipeline, scheduledMs }) => ({
      pipeline: pipeline ?? 'all',
      week: new Date(scheduledMs + 9 * 3_600_000).toISOString().slice(0, 10),
      fromMs: scheduledMs - WEEK,
      toMs: scheduledMs,
      sources: ['shops', 'prices'],
      streams: ['clicks', 'orders'],
      collections: ['places'],
    }),
    runSource: async ({ source }) => {
      calls.push(`source ${source}`)
      return {
        name: source,
        landed: 3,
        read: 9,
        loaded: 2,
        unchanged: 7,
        rejected: 0,
        checksum: '',
        errors: [],
        status: 'ok',
      }
    },
    recomputeStream: async ({ stream }) => {
      calls.push(`recompute ${stream}`)
      return {
        stream,
        base: '1-a',
        viewSet: 'v',
        segments: ['s1', 's2'],
        views: 2,
        records: 10,
        cells: 5,
        computed: 2,
        checksum: 'c',
      }
    },
    publishRecomputed: async ({ stream }) => {
      calls.push(`publish ${stream}`)
      return { status: 'published', snapshot: `2-${stream}`, changedWindows: 1, because: [] }
    },
    setAliases: async ({ stream }) => {
      calls.push(`aliases ${stream}`)
      return []
    },
    rebuildCollection: async ({ collection }) => {
      calls.push(`rebuild ${collection}`)
      return { generation: 'g', loaded: 4, checksum: 'd' }
    },
    retain: async () => {
      calls.push('retain')
      return { ...REMOVED }
    },
    putRun: async ({ report }) => void calls.push(`report ${report.status}`),
    notifyRun: async () => void calls.push('notify'),
    ...replaced,
  }
}

test('works through sources, streams, collections and retention, and reports', async () => {
  const calls: string[] = []
  await work(noted(calls))
  const report = await workflows.refreshNow({ reason: 'in order' })
  expect(calls[0]).toBe('report running')
  expect(calls.slice(1, 3).sort()).toEqual(['source prices', 'source shops'])
  expect(calls.slice(3)).toEqual([
    ...['recompute clicks', 'publish clicks', 'aliases clicks'],
    ...['recompute orders', 'publish orders', 'aliases orders'],
    ...['rebuild places', 'retain', 'report published', 'notify'],
  ])
  expect(report).toMatchObject({ status: 'published', views: 4, changedWindows: 2, problems: [], pipeline: 'all' })
  expect(report.toMs - report.fromMs).toBe(WEEK)
  expect(report.sources.map(({ name, landed, loaded }) => [name, landed, loaded])).toEqual([
    ['shops', 3, 2],
    ['prices', 3, 2],
  ])
  await record('weekly-refresh', report)
})

test('what fails is reported and does not stop the others', async () => {
  const calls: string[] = []
  await work(
    noted(calls, {
      runSource: async ({ source }) => {
        if (source === 'prices') throw ApplicationFailure.nonRetryable('the landing is not writable')
        const error = { kind: 'key' as const, message: 'the key has expired', example: '<errMsg>' }
        return {
          name: source,
          landed: 0,
          read: 0,
          loaded: 0,
          unchanged: 0,
          rejected: 0,
          checksum: '',
          errors: [error],
          status: 'failed',
        }
      },
      recomputeStream: async (input) => {
        if (input.stream === 'clicks') throw ApplicationFailure.nonRetryable('lake file "x" has other bytes')
        return (noted(calls) as Required<Steps>).recomputeStream(input)
      },
      publishRecomputed: async () => ({
        status: 'held',
        snapshot: '2-b',
        changedWindows: 40,
        because: ['40 of 100 windows change'],
      }),
      notifyRun: async () => {
        throw ApplicationFailure.nonRetryable('Slack answered 404')
      },
    }),
  )
  const report = await workflows.refreshNow({ reason: 'with failures' })
  expect(report.status).toBe('failed')
  expect(report.streams.map(({ stream, status }) => [stream, status])).toEqual([
    ['clicks', 'failed'],
    ['orders', 'held'],
  ])
  expect(report.problems).toEqual([
    'source "shops": the key has expired',
    'source "prices": the landing is not writable',
    'stream "orders" is held: 40 of 100 windows change',
    'stream "clicks" failed: lake file "x" has other bytes',
  ])
  expect(report.retention).toMatchObject({ segments: 2 })
  expect(calls.filter((call) => call.startsWith('report'))).toEqual([
    'report running',
    'report failed',
    'report failed',
  ])
  await record('weekly-refresh-failures', report)
})

test('recomputes again where the definitions changed meanwhile; a worker that stops leaves the run to the next one', async () => {
  const calls: string[] = []
  let entered: () => void = () => undefined
  const inRetention = new Promise<void>((resolve) => {
    entered = resolve
  })
  let stale = 1
  const replaced: Steps = {
    publishRecomputed: async ({ stream }) => {
      if (stale-- > 0) throw ApplicationFailure.create({ type: 'StaleSegmentsError', message: 'moved' })
      return { status: 'unchanged', snapshot: `1-${stream}`, changedWindows: 0, because: [] }
    },
  }
  await work(
    noted(calls, {
      ...replaced,
      retain: async () => {
        entered()
        throw new Error('MongoDB is away')
      },
    }),
  )
  const report = workflows.refreshNow({ reason: 'resumed' })
  await inRetention
  await stopWorkers()
  await work(noted(calls))
  const done = await report
  expect(done).toMatchObject({ status: 'published', changedWindows: 0 })
  expect(calls.filter((call) => call === 'recompute clicks')).toHaveLength(2)
  expect(calls.filter((call) => call.startsWith('source'))).toHaveLength(2)
  await record('weekly-refresh-stale', done)
})

test('waits for the seal of what the sources brought, where it is asked to', async () => {
  const calls: string[] = []
  await work(
    noted(calls, {
      resolveEpoch: async () => ({ pipeline: 'p', epochMs: 60_000, marginMs: 0, epoch: 41, dueMs: 42 * 60_000 }),
      sealEpochs: async ({ stream, epoch }) => {
        calls.push(`seal ${stream}`)
        return {
          stream,
          fromEpoch: epoch,
          toEpoch: epoch + 1,
          read: 3,
          accepted: 3,
          rejected: 0,
          duplicates: 0,
          open: [],
        }
      },
      buildSegments: async ({ stream }) => ({
        ...{ stream, base: null, viewSet: 'v', throughEpoch: 41, fresh: [], history: [], building: [], cells: 0 },
        pending: false,
      }),
      publish: async () => null,
      dropCovered: async () => [],
      definitionsChanged: async () => false,
      reportSeal: async () => undefined,
    }),
  )
  const report = await workflows.refreshNow({ reason: 'waiting', wait: true })
  expect(report.problems).toEqual([])
  const seals = calls.flatMap((call, i) => (call.startsWith('seal') ? [i] : []))
  expect(seals).toHaveLength(2)
  expect(Math.min(...seals)).toBeGreaterThan(calls.indexOf('source prices'))
  expect(Math.max(...seals)).toBeLessThan(calls.indexOf('recompute clicks'))
  await record('weekly-refresh-wait', report)
})

test('retention runs by itself, over the streams of one pipeline, and dry where it is asked to', async () => {
  const asked: unknown[] = []
  const retain: RefreshActivities['retain'] = async (input) => {
    asked.push(input)
    return { ...REMOVED, cooledDays: 3 }
  }
  await work(noted([], { retain }))
  expect(await workflows.retainNow({ pipeline: 'p', dryRun: true, reason: 'dry' })).toMatchObject({ cooledDays: 3 })
  expect(asked).toEqual([{ streams: ['clicks', 'orders'], dryRun: true }])
  const [run] = (await workflows.runs({ limit: 100 })).filter(({ type }) => type === 'retain')
  expect(run).toMatchObject({ pipeline: 'p', reason: 'dry', status: 'completed' })
  await record('retain', { workflowId: run?.workflowId ?? '' })
})

test('three missed weeks run once each and in order, each with the interval of its own Sunday in Seoul', async () => {
  const intervals: [number, number][] = []
  await work(
    noted([], {
      putRun: async ({ report }) => {
        if (report.status !== 'running') intervals.push([report.fromMs, report.toMs])
      },
    }),
  )
  const options = { taskQueue, prefix, searchAttributes: true }
  await ensureRefreshSchedule(client, options)
  await workflows.pauseRefresh(true, 'for the test')
  // a second time is an update, and the pause stays
  await ensureRefreshSchedule(client, options)
  const schedule = client.schedule.getHandle(refreshScheduleId(prefix))
  const { policies, state } = await schedule.describe()
  expect(policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 8 * 86_400_000 })
  expect(state.paused).toBe(true)
  await workflows.pauseRefresh(false)
  const first = Date.UTC(2024, 1, 24, 17) // Sunday 25 February, 02:00 in Seoul
  await schedule.backfill({
    start: new Date(first - 60_000),
    end: new Date(first + 2 * WEEK + 60_000),
    overlap: 'BUFFER_ALL',
  })
  await expect.poll(() => intervals.length, { timeout: 30_000, interval: 200 }).toBe(3)
  expect(intervals).toEqual([0, 1, 2].map((n) => [first + (n - 1) * WEEK, first + n * WEEK]))
  const weeks = async () =>
    (await workflows.runs({ limit: 100 })).filter(
      ({ type, reason }) => type === 'weeklyRefresh' && reason === 'schedule',
    )
  await expect
    .poll(async () => (await weeks()).filter(({ status }) => status === 'completed').length, { timeout: 15_000 })
    .toBe(3)
  expect((await weeks()).map(({ workflowId }) => workflowId).sort()).toEqual(
    ['2024-02-24T17:00:00Z', '2024-03-02T17:00:00Z', '2024-03-09T17:00:00Z'].map((at) => `${prefix}refresh-${at}`),
  )
  const found: string[] = []
  const query = `TaskQueue = '${taskQueue}' AND TandemWeek = '2024-03-03'`
  await expect
    .poll(
      async () => {
        found.splice(0)
        for await (const run of client.workflow.list({ query })) found.push(run.workflowId)
        return found
      },
      { timeout: 15_000 },
    )
    .toEqual([`${prefix}refresh-2024-03-02T17:00:00Z`])
})
