import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow'
import { STEP_RETRY } from './activity-options.js'
import type { RefreshActivities } from './refresh-contract.js'

/** Steps that take as long as the data are many: they heartbeat, and go on where a killed worker left them. */
export const longRefreshSteps: ActivityInterfaceFor<RefreshActivities> = proxyActivities<RefreshActivities>({
  startToCloseTimeout: '24h',
  heartbeatTimeout: '8s',
  retry: STEP_RETRY,
})

/** Steps of a few calls. */
export const shortRefreshSteps: ActivityInterfaceFor<RefreshActivities> = proxyActivities<RefreshActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '8s',
  retry: STEP_RETRY,
})

/** What the refresh can do without: tried a few times, and then said to be missing. */
export const optionalRefreshSteps: ActivityInterfaceFor<RefreshActivities> = proxyActivities<RefreshActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '8s',
  retry: { ...STEP_RETRY, maximumAttempts: 4 },
})
