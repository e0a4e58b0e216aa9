import { type NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from '../stores/logger.js'
import type { BatchActivities } from './workflow/activity-contract.js'
import type { RefreshActivities } from './workflow/refresh-contract.js'
import { workflowBundle } from './workflow-bundle.js'

/** Time that steps under way have after a stop; what does not end is taken up by the next worker. */
const GRACE_MS = 3_000
const FORCE_MS = 6_000

/** A worker that is small on purpose: a few workflows in memory, a few steps at a time. */
export async function createWorker(options: {
  readonly connection: NativeConnection
  readonly namespace: string
  readonly taskQueue: string
  readonly activities: Partial<BatchActivities & RefreshActivities>
  readonly logger: Logger
}): Promise<Worker> {
  const { connection, namespace, taskQueue, activities, logger } = options
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(logger),
    activities,
    maxCachedWorkflows: 12,
    maxConcurrentWorkflowTaskExecutions: 4,
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentActivityTaskExecutions: 3,
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentLocalActivityExecutions: 1,
    workflowThreadPoolSize: 1,
    // how long a run waits for the worker that knew it before any other may go on: a killed one never comes back
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: GRACE_MS,
    shutdownForceTime: FORCE_MS,
  })
}
