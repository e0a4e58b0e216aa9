import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client'
import { BACKFILL_STATES, type BackfillState } from '../core/seam/restatement.js'
import { causesOf } from './result-of.js'
import type { backfill } from './workflow/backfill.js'
import type { BackfillReport } from './workflow/seal-contract.js'

/** A backfill as its memo says it, so that no worker is needed to look at one. */
export interface BackfillStatus {
  /** Id of its workflow. */
  readonly run: string
  readonly stream: string
  /** Null: all views of the stream. */
  readonly view: string | null
  readonly only: string | null
  /** Starts of the first epoch and of the one behind the last, with `/` between; null until it is known. */
  readonly epochs: string | null
  readonly reason: string
  /** `failed`: it broke off, or was ended in Temporal. */
  readonly state: BackfillState | 'failed'
  /** Segments computed. */
  readonly done: number
  readonly of: number
  readonly startedMs: number
  /** Null while it is running. */
  readonly endedMs: number | null
}

/** One of them whole. */
export interface BackfillDetail extends BackfillStatus {
  /** Null while it is running, and of one that failed. */
  readonly report: BackfillReport | null
  /** Why it failed, in words. */
  readonly problem: string | null
}

/** Newest first. */
export async function listBackfills(
  client: Client,
  taskQueue: string,
  { stream, limit }: { readonly stream?: string | undefined; readonly limit: number },
): Promise<readonly BackfillStatus[]> {
  const found: BackfillStatus[] = []
  const query = `TaskQueue = '${taskQueue}' AND WorkflowType = 'backfill'`
  for await (const run of client.workflow.list({ query, pageSize: 200 })) {
    const status = statusOf(run)
    if (stream !== undefined && status.stream !== stream) continue
    if (found.push(status) === limit) break
  }
  return found
}

/** Null where there is no backfill of that id, or Temporal no longer keeps it. */
export async function oneBackfill(client: Client, run: string): Promise<BackfillDetail | null> {
  const handle = client.workflow.getHandle<typeof backfill>(run)
  const described = await handle.describe().catch(nullIfUnknown)
  if (described === null || described.type !== 'backfill') return null
  const status = statusOf(described)
  if (status.endedMs === null) return { ...status, report: null, problem: null }
  try {
    return { ...status, report: await handle.result(), problem: null }
  } catch (error) {
    return { ...status, report: null, problem: causesOf(error).at(-1)?.message ?? String(error) }
  }
}

type Described = Pick<WorkflowExecutionInfo, 'workflowId' | 'memo' | 'status' | 'startTime' | 'closeTime'>

function statusOf({ workflowId, memo = {}, status, startTime, closeTime }: Described): BackfillStatus {
  const said = (name: string): string | null => (typeof memo[name] === 'string' ? memo[name] : null)
  const counted = (name: string): number => (typeof memo[name] === 'number' ? memo[name] : 0)
  return {
    run: workflowId,
    stream: said('stream') ?? '',
    view: said('view'),
    only: said('only'),
    epochs: said('epoch'),
    reason: said('reason') ?? '',
    state: stateOf(status.name, said('state')),
    done: counted('done'),
    of: counted('of'),
    startedMs: startTime.getTime(),
    endedMs: closeTime?.getTime() ?? null,
  }
}

/** What the run says of itself, as long as it was the one to end it. */
function stateOf(status: WorkflowExecutionInfo['status']['name'], said: string | null): BackfillStatus['state'] {
  if (status === 'CANCELLED') return 'cancelled'
  if (status !== 'RUNNING' && status !== 'COMPLETED') return 'failed'
  return BACKFILL_STATES.find((state) => state === said) ?? 'running'
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null
  throw error
}
