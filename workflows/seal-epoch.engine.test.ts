import { mkdir, writeFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { NativeConnection, type Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BackfillPlan } from '../batch-layer/backfill/plan-backfill.js'
import { ImportFileError } from '../batch-layer/import/import-errors.js'
import { LostRangeError } from '../stores/log/index.js'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { eventually } from '../test/support/eventually.js'
import { UnknownStreamError } from './activities/stream-plans.js'
import { openWorkflows, type Workflows } from './client.js'
import { createWorker } from './create-worker.js'
import { ensureSchedule, scheduleId } from './schedules.js'
import { temporalAddress } from './temporal-address.js'
import { installRuntime } from './temporal-runtime.js'
import type { BatchActivities } from './workflow/activity-contract.js'
import type { ArchivedFile } from './workflow/import-contract.js'
import type { SealReport } from './workflow/seal-contract.js'

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const HOUR = 3_600_000
const MARGIN = 5_000

let client: Client
let native: NativeConnection
let workflows: Workflows
const taskQueue = uniqueName('batch')
const prefix = `${taskQueue}-`
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

afterEach(stopWorkers)

afterAll(async () => {
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

/**
 * `RECORD_HISTORIES=1` writes the history of a run to `histories/`, for `replay.test.ts`: to be done once for each change of
 * a workflow that runs under way do not survive. Who ran it is nobody's business.
 */
async function record(name: string, stream: string, type?: string): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return
  const run = (await workflows.runs({ stream })).find((one) => type === undefined || one.type === type)
  if (run === undefined) throw new Error(`no run of stream "${stream}" to record`)
  const history = historyToJSON(await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory())
  const folder = new URL('./histories/', import.meta.url)
  await mkdir(folder, { recursive: true })
  // identities are <pid>@<host>, in several places; stack traces name folders
  const anonymous = history
    .replaceAll(/"\d+@[^"]*"/g, '"worker"')
    .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    .replaceAll(taskQueue, 'queue')
  await writeFile(new URL(`${name}.json`, folder), `${anonymous}\n`)
}

async function work(activities: BatchActivities): Promise<void> {
  const { namespace } = testConnections().temporal
  const worker = await createWorker({ connection: native, namespace, taskQueue, activities, logger })
  running.push({ worker, done: worker.run() })
}

const archived: ArchivedFile = {
  sha256: 'f'.repeat(64),
  rows: 3,
  accepted: 2,
  rejected: 1,
  duplicates: 0,
  reasons: { json: 1 },
  examples: [{ line: 2, reason: 'json', field: null, value: null, expected: 'JSON' }],
  rejectedFiles: [],
  events: { fromMs: 0, toMs: HOUR },
}

const PLANNED: Omit<BackfillPlan, 'stream'> = {
  base: '1-abc',
  viewSet: 'v',
  pieces: 10,
  missing: 1,
  stale: 2,
  fresh: 7,
  records: 99,
  building: ['new'],
}

/** Steps that only note that they were called; what a test is about it replaces. */
function noted(calls: string[], replaced: Partial<BatchActivities> = {}): BatchActivities {
  const note =
    <I, O>(name: string, answer: (input: I) => O) =>
    async (input: I) => {
      calls.push(name)
      return answer(input)
    }
  return {
    resolveEpoch: note('resolveEpoch', () => ({
      pipeline: 'p',
      epochMs: HOUR,
      marginMs: MARGIN,
      epoch: 41,
      dueMs: 42 * HOUR + MARGIN,
    })),
    sealEpochs: note('sealEpochs', ({ stream, epoch }) => ({
      stream,
      fromEpoch: epoch,
      toEpoch: epoch + 1,
      read: 3,
      accepted: 2,
      rejected: 1,
      duplicates: 0,
      open: [],
    })),
    buildSegments: note('buildSegments', ({ stream }) => ({
      stream,
      base: null,
      viewSet: 'v',
      throughEpoch: 41,
      fresh: ['s1'],
      history: [],
      building: [],
      cells: 7,
      pending: true,
    })),
    compareLayers: note('compareLayers', () => ({ equal: 1, different: 0, uncompared: 0, pending: 0, reasons: [] })),
    publish: note('publish', () => '1-abc'),
    setAliases: note('setAliases', () => []),
    dropCovered: note('dropCovered', () => [0]),
    backfillSegments: note('backfillSegments', ({ stream }) => ({ stream, segments: [], changed: 0 })),
    publishBackfill: note('publishBackfill', () => '1-abc'),
    planBackfill: note('planBackfill', ({ stream }) => ({ ...PLANNED, stream })),
    computePieces: note('computePieces', ({ pieces }) => [`s${pieces.from}`]),
    publishRestated: note('publishRestated', () => ({
      status: 'published' as const,
      snapshot: '2-def',
      changedWindows: 0,
      checksum: 'c',
      because: [],
    })),
    definitionsChanged: note('definitionsChanged', () => false),
    restateStream: note('restateStream', () => ({ state: 'none' as const, snapshot: '1-abc' })),
    decideSnapshot: note('decideSnapshot', ({ action }) => ({
      stream: 'clicks',
      pipeline: 'p',
      state: action === 'reject' ? ('rejected' as const) : ('published' as const),
      snapshot: '3-ghi',
    })),
    archiveFile: note('archiveFile', () => archived),
    importSegments: note('importSegments', ({ stream, choice }) => ({
      ...choice,
      stream,
      viewSet: 'v',
      already: false,
      segments: ['i1'],
    })),
    publishImport: note('publishImport', () => ({ snapshot: '2-imp', already: false, checksum: 'c' })),
    reportSeal: note('reportSeal', () => undefined),
    ...replaced,
  }
}

describe('sealEpoch', () => {
  test('runs the steps in order and reports per stream', async () => {
    const calls: string[] = []
    await work(noted(calls))
    const report = await workflows.sealNow('clicks')
    expect(calls).toEqual([
      'resolveEpoch',
      'sealEpochs',
      'buildSegments',
      'compareLayers',
      'publish',
      'setAliases',
      'dropCovered',
      'definitionsChanged',
      'reportSeal',
    ])
    expect(report).toMatchObject({
      stream: 'clicks',
      pipeline: 'p',
      epoch: 41,
      epochStart: '19700102T170000Z',
      read: 3,
      segments: 1,
      parity: { equal: 1 },
      snapshot: '1-abc',
    } satisfies Partial<Record<keyof SealReport, unknown>>)
    await record('seal-epoch', 'clicks')
    const [run] = await workflows.runs({ stream: 'clicks' })
    expect(run).toMatchObject({ pipeline: 'p', epoch: '19700102T170000Z', reason: 'manual', type: 'sealEpoch' })
  })

  test('changed definitions are put in force by a run of its own, and their aliases moved', async () => {
    const calls: string[] = []
    const definitionsChanged = async () => true
    let asked = 0
    const restateStream = async () => {
      calls.push('restateStream')
      return ++asked < 3
        ? { state: 'waiting' as const, snapshot: '1-abc' }
        : { state: 'published' as const, snapshot: '2-new' }
    }
    await work(noted(calls, { definitionsChanged, restateStream }))
    const report = await workflows.sealNow('restated')
    const from = calls.indexOf('dropCovered') + 1
    expect(calls.slice(from)).toEqual(['restateStream', 'restateStream', 'restateStream', 'setAliases', 'reportSeal'])
    expect(report).toMatchObject({ snapshot: '2-new' })
    await record('seal-epoch-restating', 'restated', 'sealEpoch')
    await record('restate', 'restated', 'restate')
    expect(await workflows.runs({ stream: 'restated' })).toContainEqual(
      expect.objectContaining({ type: 'restate', status: 'completed', pipeline: 'p', reason: 'manual' }),
    )
  })

  test('is not held up by definitions that cannot take over, nor by a run that puts them in force already', async () => {
    let refuse = (): void => undefined
    const refused = new Promise<never>((_, reject) => {
      refuse = () => reject(new UnknownStreamError('unrestated'))
    })
    const definitionsChanged = async () => true
    await work(noted([], { definitionsChanged, restateStream: () => refused }))
    const first = workflows.sealNow('unrestated')
    const restating = async () =>
      (await workflows.runs({ stream: 'unrestated' })).map((run) => `${run.type} ${run.status}`)
    await eventually(restating, (runs) => runs.includes('restate running'))
    expect(await workflows.sealNow('unrestated')).toMatchObject({ snapshot: '1-abc' })
    refuse()
    expect(await first).toMatchObject({ snapshot: '1-abc' })
    expect(await restating()).toEqual(['sealEpoch completed', 'restate failed', 'sealEpoch completed'])
  })

  test('takes its epoch from the scheduled time, so that a backfilled schedule seals the epochs of then', async () => {
    const sealed: number[] = []
    await work(
      noted([], {
        sealEpochs: async ({ stream, epoch }) => {
          sealed.push(epoch)
          return {
            stream,
            fromEpoch: epoch,
            toEpoch: epoch + 1,
            read: 0,
            accepted: 0,
            rejected: 0,
            duplicates: 0,
            open: [],
          }
        },
      }),
    )
    const stream = 'backfilled'
    const terms = { pipeline: 'p', epochMs: HOUR, marginMs: MARGIN }
    const options = { taskQueue, prefix, searchAttributes: false }
    await ensureSchedule(client, { stream, terms }, options)
    // a second time is an update, not an error
    await ensureSchedule(client, { stream, terms }, options)
    const schedule = client.schedule.getHandle(scheduleId(prefix, stream))
    try {
      const { spec, policies } = await schedule.describe()
      expect(spec.intervals).toEqual([expect.objectContaining({ every: HOUR, offset: MARGIN })])
      expect(policies.overlap).toBe('BUFFER_ONE')
      const start = Date.UTC(2024, 0, 1, 6, 0)
      await schedule.backfill({ start: new Date(start), end: new Date(start + 3 * HOUR), overlap: 'BUFFER_ALL' })
      const ended = async () => (await workflows.runs({ stream })).filter((run) => run.status === 'completed').length
      await expect.poll(ended, { timeout: 30_000, interval: 200 }).toBe(3)
      // fired at 06:00:05, 07:00:05 and 08:00:05: the epochs that had ended then
      const six = start / HOUR
      expect(sealed).toEqual([six - 1, six, six + 1])
    } finally {
      await schedule.delete()
    }
  })

  test('a lost range ends the run at once and tells which offsets', async () => {
    let attempts = 0
    await work(
      noted([], {
        sealEpochs: async () => {
          attempts++
          throw new LostRangeError('clicks', 0, 5, 9)
        },
      }),
    )
    await expect(workflows.sealNow('clicks')).rejects.toThrow('offsets 5 to 9')
    expect(attempts).toBe(1)
  })

  test('computes its segments again where another run moved the boundary meanwhile', async () => {
    const calls: string[] = []
    let published = 0
    await work(
      noted(calls, {
        publish: async () => {
          if (++published === 1) throw ApplicationFailure.create({ type: 'StaleSegmentsError', message: 'moved' })
          return '2-def'
        },
      }),
    )
    const report = await workflows.sealNow('clicks')
    expect(report.snapshot).toBe('2-def')
    await record('seal-epoch-stale-segments', 'clicks')
    expect(calls.filter((name) => name === 'buildSegments')).toHaveLength(2)
  })

  test('compares again until the speed layer has caught up, and only then drops', async () => {
    const calls: string[] = []
    let lag = 2
    await work(
      noted(calls, {
        compareLayers: async () => {
          calls.push('compareLayers')
          const pending = lag-- > 0 ? 1 : 0
          return { equal: 1 - pending, different: 0, uncompared: pending, pending, reasons: [] }
        },
      }),
    )
    const report = await workflows.sealNow('clicks')
    expect(report.parity).toMatchObject({ equal: 1, uncompared: 0 })
    await record('seal-epoch-late-parity', 'clicks')
    expect(calls.indexOf('dropCovered')).toBeGreaterThan(calls.lastIndexOf('compareLayers'))
  })

  test('a step that fails is repeated; a worker that stops leaves the run to the next one', async () => {
    const calls: string[] = []
    let fails = 1
    let entered: () => void = () => undefined
    const inSegments = new Promise<void>((resolve) => {
      entered = resolve
    })
    await work(
      noted(calls, {
        sealEpochs: async ({ stream, epoch }) => {
          if (fails-- > 0) throw new Error('the broker is away')
          return {
            stream,
            fromEpoch: epoch,
            toEpoch: epoch + 1,
            read: 1,
            accepted: 1,
            rejected: 0,
            duplicates: 0,
            open: [],
          }
        },
        buildSegments: async () => {
          entered()
          throw new Error('MongoDB is away')
        },
      }),
    )
    const report = workflows.sealNow('clicks')
    await inSegments
    await stopWorkers()
    await work(noted(calls))
    expect((await report).read).toBe(1)
    expect(calls).toContain('dropCovered')
  })

  test('an import archives, completes what is lacking, publishes, and tries again where the views changed', async () => {
    const calls: string[] = []
    let published = 0
    await work(
      noted(calls, {
        publishImport: async () => {
          if (++published === 1) throw ApplicationFailure.create({ type: 'StaleSegmentsError', message: 'other views' })
          return { snapshot: '3-imp', already: false, checksum: 'c' }
        },
      }),
    )
    const report = await workflows.importFile({ stream: 'imported', path: '/tmp/some.csv', overlap: 'other shops' })
    expect(calls).toEqual([
      'resolveEpoch',
      'archiveFile',
      ...['buildSegments', 'publish', 'importSegments'],
      ...['buildSegments', 'publish', 'importSegments'],
      'setAliases',
    ])
    expect(report).toMatchObject({ file: '/tmp/some.csv', rows: 3, accepted: 2, rejected: 1, snapshot: '3-imp' })
    await record('import-file', 'imported')
  })

  test('a file that cannot be imported ends the run at once, with the reason', async () => {
    let attempts = 0
    await work(
      noted([], {
        archiveFile: async () => {
          attempts++
          throw new ImportFileError('/tmp/some.csv', 'was changed while it was read')
        },
      }),
    )
    const run = workflows.importFile({ stream: 'imported', path: '/tmp/some.csv' })
    await expect(run).rejects.toThrow('/tmp/some.csv: was changed while it was read')
    expect(attempts).toBe(1)
  })
})
