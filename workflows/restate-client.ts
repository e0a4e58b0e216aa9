import { randomUUID } from 'node:crypto'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { BackfillChoice } from '../batch-layer/backfill/backfill-pieces.js'
import { RefusedError, refusalOf } from './refused-error.js'
import { resultOf } from './result-of.js'
import type { backfill } from './workflow/backfill.js'
import type { decideSnapshot } from './workflow/decide-snapshot.js'
import type { BackfillProgress, DecidedSnapshot, SnapshotAction } from './workflow/restate-contract.js'
import type { BackfillInput, BackfillReport } from './workflow/seal-contract.js'

export interface BackfillOptions {
  readonly stream: string
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string | undefined
  /** Inclusive. */
  readonly fromEpoch: number
  /** Exclusive. */
  readonly toEpoch: number
  /** Which segments are computed. @default 'all' */
  readonly only?: BackfillChoice | undefined
  /** Only say what would be computed. */
  readonly dryRun?: boolean | undefined
  /** Steps that compute segments at once, 1 to 8. @default 1 */
  readonly concurrency?: number | undefined
  /** Why, as the Temporal UI shows it. @default 'manual' */
  readonly reason?: string
}

/** A backfill that was started. */
export interface StartedBackfill {
  /** Id of its workflow, by which it is paused, resumed and cancelled. */
  readonly run: string
  result(): Promise<BackfillReport>
}

/** What one may tell a backfill that is running. */
export const BACKFILL_ORDERS = ['pause', 'resume', 'cancel'] as const
export type BackfillOrder = (typeof BACKFILL_ORDERS)[number]

/** How published history is replaced, and how people decide about it. */
export interface RestateWorkflows {
  /** Computes segments of sealed epochs once more and waits for the result. */
  backfill(options: BackfillOptions): Promise<BackfillReport>
  startBackfill(options: BackfillOptions): Promise<StartedBackfill>
  /** Tells a running backfill what to do. @throws RefusedError where there is none, or it has ended */
  orderBackfill(run: string, order: BackfillOrder): Promise<BackfillProgress>
  /** How far a backfill has come; of one that has ended, too, as long as Temporal keeps it. */
  backfillProgress(run: string): Promise<BackfillProgress>
  /**
   * Rolls back to a snapshot, or approves or rejects one that is held, and waits for the result.
   * @throws RefusedError where that cannot be, saying why
   */
  decideSnapshot(action: SnapshotAction, snapshot: string, reason?: string): Promise<DecidedSnapshot>
}

/** @param searchAttributes whether runs may carry them */
export function restateWorkflows(
  client: Client,
  { taskQueue, prefix }: { readonly taskQueue: string; readonly prefix: string },
  searchAttributes: () => Promise<boolean>,
): RestateWorkflows {
  const startBackfill = async (options: BackfillOptions): Promise<StartedBackfill> => {
    const { stream, view, fromEpoch, toEpoch, only, dryRun, concurrency, reason = 'manual' } = options
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
    const handle = await client.workflow.start<typeof backfill>('backfill', {
      taskQueue,
      workflowId: run,
      args: [input],
    })
    return {
      run,
      result: () =>
        resultOf(handle).catch((error: unknown) => {
          throw refusalOf(error)
        }),
    }
  }
  const backfillProgress = (run: string) =>
    client.workflow.getHandle(run).query<BackfillProgress>('progress').catch(notRunning(run))
  return {
    startBackfill,
    backfill: async (options) => (await startBackfill(options)).result(),
    async orderBackfill(run, order) {
      await client.workflow.getHandle(run).signal(order).catch(notRunning(run))
      return backfillProgress(run)
    },
    backfillProgress,
    async decideSnapshot(action, snapshot, reason = 'manual') {
      const workflowId = `${prefix}${action}-${snapshot}-${randomUUID()}`
      const args = [{ action, snapshot, reason, searchAttributes: await searchAttributes() }] as const
      const handle = await client.workflow.start<typeof decideSnapshot>('decideSnapshot', {
        taskQueue,
        workflowId,
        args: [...args],
      })
      return resultOf(handle).catch((error: unknown) => {
        throw refusalOf(error)
      })
    },
  }
}

/** What Temporal does not know, or no longer runs. */
function notRunning(run: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof WorkflowNotFoundError)
      throw new RefusedError(`there is no backfill "${run}" that is running`, { cause: error })
    throw error
  }
}
