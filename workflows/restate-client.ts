import { randomUUID } from 'node:crypto'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { BackfillChoice, BackfillOrder, SnapshotAction } from '../core/seam/restatement.js'
import { type BackfillDetail, type BackfillStatus, listBackfills, oneBackfill } from './backfills.js'
import { RefusedError } from './refused-error.js'
import { resultOf } from './result-of.js'
import type { backfill } from './workflow/backfill.js'
import type { decideSnapshot } from './workflow/decide-snapshot.js'
import type { BackfillProgress, DecidedSnapshot } from './workflow/restate-contract.js'
import type { BackfillInput, BackfillReport } from './workflow/seal-contract.js'

export interface BackfillOptions {
  readonly stream: string
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string | undefined
  /** Inclusive. @default 0 */
  readonly fromEpoch?: number | undefined
  /** Exclusive. @default beyond every epoch */
  readonly toEpoch?: number | undefined
  /** Which segments are computed. @default 'all' */
  readonly only?: BackfillChoice | undefined
  /** Only say what would be computed. */
  readonly dryRun?: boolean | undefined
  /** Steps that compute segments at once, 1 to 8. @default 1 */
  readonly concurrency?: number | undefined
  /** Why, as the Temporal UI shows it. @default 'manual' */
  readonly reason?: string | undefined
}

/** A run that was started. */
export interface StartedRun<R> {
  /** Id of its workflow. */
  readonly run: string
  /** @throws RefusedError where what it was to do cannot be, saying why */
  result(): Promise<R>
}

/** How published history is replaced, and how people decide about it. */
export interface RestateWorkflows {
  /** Computes segments of sealed epochs once more and waits for the result. */
  backfill(options: BackfillOptions): Promise<BackfillReport>
  startBackfill(options: BackfillOptions): Promise<StartedRun<BackfillReport>>
  /** Newest first. */
  backfills(filter: {
    readonly stream?: string | undefined
    readonly limit: number
  }): Promise<readonly BackfillStatus[]>
  /** One of them, running or ended, as long as Temporal keeps it; else null. */
  backfillOf(run: string): Promise<BackfillDetail | null>
  /** Tells a running backfill what to do. @throws RefusedError where there is none, or it has ended */
  orderBackfill(run: string, order: BackfillOrder): Promise<BackfillProgress>
  /**
   * Rolls back to a snapshot, or approves or rejects one that is held, and waits for the result.
   * @throws RefusedError where that cannot be, saying why
   */
  decideSnapshot(action: SnapshotAction, snapshot: string, reason?: string): Promise<DecidedSnapshot>
  startDecision(action: SnapshotAction, snapshot: string, reason?: string): Promise<StartedRun<DecidedSnapshot>>
}

/** Beyond every epoch. */
const NO_END = Number.MAX_SAFE_INTEGER

/** @param searchAttributes whether runs may carry them */
export function restateWorkflows(
  client: Client,
  { taskQueue, prefix }: { readonly taskQueue: string; readonly prefix: string },
  searchAttributes: () => Promise<boolean>,
): RestateWorkflows {
  const startBackfill: RestateWorkflows['startBackfill'] = async (options) => {
    const { stream, view, fromEpoch = 0, toEpoch = NO_END, only, dryRun, concurrency, reason = 'manual' } = options
    const input: BackfillInput = {
      stream,
      reason,
      fromEpoch,
      toEpoch,
      ...(view === undefined ? {} : { view }),
      ...(only === undefined ? {} : { only }),
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(concurrency === undefined ? {} : { concurrency }),
      searchAttributes: await searchAttributes(),
    }
    const run = `${prefix}backfill-${stream}-${reason}-${randomUUID()}`
    // what the run adds to its memo itself comes with its first step
    const memo = { stream, reason, ...(view === undefined ? {} : { view }), ...(only === undefined ? {} : { only }) }
    const started = { taskQueue, workflowId: run, memo, args: [input] as [BackfillInput] }
    const handle = await client.workflow.start<typeof backfill>('backfill', started)
    return { run, result: () => resultOf(handle) }
  }
  const startDecision: RestateWorkflows['startDecision'] = async (action, snapshot, reason = 'manual') => {
    const run = `${prefix}${action}-${snapshot}-${randomUUID()}`
    const input = { action, snapshot, reason, searchAttributes: await searchAttributes() }
    const handle = await client.workflow.start<typeof decideSnapshot>('decideSnapshot', {
      taskQueue,
      workflowId: run,
      args: [input],
    })
    return { run, result: () => resultOf(handle) }
  }
  return {
    startBackfill,
    startDecision,
    backfill: async (options) => (await startBackfill(options)).result(),
    decideSnapshot: async (...decision) => (await startDecision(...decision)).result(),
    backfills: (filter) => listBackfills(client, taskQueue, filter),
    backfillOf: (run) => oneBackfill(client, run),
    async orderBackfill(run, order) {
      const status = await oneBackfill(client, run)
      if (status === null) throw new RefusedError(`there is no backfill "${run}"`)
      if (status.endedMs !== null) throw new RefusedError(`backfill "${run}" has ended: ${status.state}`)
      const handle = client.workflow.getHandle(run)
      try {
        await handle.signal(order)
        // asked after the signal, so that what it answers is what the signal made of it
        return await handle.query<BackfillProgress>('progress')
      } catch (cause) {
        if (!(cause instanceof WorkflowNotFoundError)) throw cause
        throw new RefusedError(`backfill "${run}" has just ended`, { cause })
      }
    },
  }
}
