import { workflowInfo } from '@temporalio/workflow'

/** When a schedule meant the run to start; null where no schedule started it. Set by the server, for a schedule's backfill too. */
export function scheduledTime(): Date | null {
  const [value] = workflowInfo().searchAttributes.TemporalScheduledStartTime ?? []
  return value instanceof Date ? value : null
}
