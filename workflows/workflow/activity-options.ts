import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow'
import type { BatchActivities } from './activity-contract.js'
import { REFUSALS } from './refusals.js'

/** About half an hour of trying; the next scheduled run takes up whatever is left. */
export const STEP_RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 60,
  nonRetryableErrorTypes: REFUSALS,
} as const

/**
 * Steps that work through records: long, so they heartbeat, and a worker that was killed is noticed by that.
 * Short enough that a killed worker's step starts again soon, long enough for a machine that is busy.
 */
export const longSteps: ActivityInterfaceFor<BatchActivities> = proxyActivities<BatchActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout: '8s',
  retry: STEP_RETRY,
})

/** Steps of a few calls. */
export const shortSteps: ActivityInterfaceFor<BatchActivities> = proxyActivities<BatchActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '8s',
  retry: STEP_RETRY,
})
