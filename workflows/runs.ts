import type { Client } from '@temporalio/client'

export interface RunFilter {
  readonly stream?: string
  /** @default 50 */
  readonly limit?: number
}

/** One run of a workflow, for people. */
export interface RunSummary {
  readonly workflowId: string
  readonly runId: string
  readonly type: string
  readonly status: string
  readonly startedMs: number
  /** null while it is running. */
  readonly closedMs: number | null
  readonly pipeline: string | null
  readonly stream: string | null
  readonly epoch: string | null
  readonly reason: string | null
}

/** The latest runs, newest first. The memo says what they are about, so no search attribute is needed. */
export async function listRuns(
  client: Client,
  taskQueue: string,
  { stream, limit = 50 }: RunFilter,
): Promise<readonly RunSummary[]> {
  const runs: RunSummary[] = []
  for await (const run of client.workflow.list({ query: `TaskQueue = '${taskQueue}'`, pageSize: 200 })) {
    const memo: Record<string, unknown> = run.memo ?? {}
    const said = (name: string): string | null => (typeof memo[name] === 'string' ? memo[name] : null)
    if (stream !== undefined && said('stream') !== stream) continue
    runs.push({
      workflowId: run.workflowId,
      runId: run.runId,
      type: run.type,
      status: run.status.name.toLowerCase(),
      startedMs: run.startTime.getTime(),
      closedMs: run.closeTime?.getTime() ?? null,
      pipeline: said('pipeline'),
      stream: said('stream'),
      epoch: said('epoch'),
      reason: said('reason'),
    })
    if (runs.length >= limit) break
  }
  return runs
}
