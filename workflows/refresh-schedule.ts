import { type Client, ScheduleNotFoundError, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client'
import { REFRESH_ZONE } from '../batch-layer/refresh/plan-refresh.js'
import { putSchedule } from './put-schedule.js'
import { memoOf, searchAttributesOf } from './workflow/describe-run.js'
import type { RefreshInput } from './workflow/refresh-contract.js'
import type { weeklyRefresh } from './workflow/weekly-refresh.js'

/** A run that was missed while Temporal was down is made up for until the next one is due, and a day longer. */
const CATCHUP_WINDOW = '8 days'

export function refreshScheduleId(prefix: string): string {
  return `${prefix}refresh`
}

/** Creates or updates the schedule: Sunday 02:00 in Seoul. Repeating it changes nothing; a pause stays. */
export async function ensureRefreshSchedule(
  client: Client,
  options: { readonly taskQueue: string; readonly prefix: string; readonly searchAttributes: boolean },
): Promise<void> {
  await putSchedule<typeof weeklyRefresh>(client, refreshSchedule(options))
}

/** Where nothing is left to refresh. */
export async function removeRefreshSchedule(client: Client, prefix: string): Promise<void> {
  try {
    await client.schedule.getHandle(refreshScheduleId(prefix)).delete()
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
  }
}

function refreshSchedule({
  taskQueue,
  prefix,
  searchAttributes,
}: {
  taskQueue: string
  prefix: string
  searchAttributes: boolean
}) {
  const subject = { pipeline: 'all', reason: 'schedule' }
  const input: RefreshInput = {
    pipeline: null,
    reason: 'schedule',
    scheduledMs: null,
    wait: false,
    searchAttributes,
  }
  const id = refreshScheduleId(prefix)
  return {
    scheduleId: id,
    spec: { calendars: [{ dayOfWeek: 'SUNDAY', hour: 2, minute: 0 }], timezone: REFRESH_ZONE },
    // one that takes longer than a week is followed by one more, which covers all that was missed
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false },
    action: {
      type: 'startWorkflow' as const,
      // Temporal appends the scheduled time
      workflowId: id,
      workflowType: 'weeklyRefresh' as const,
      taskQueue,
      args: [input] as [RefreshInput],
      memo: memoOf(subject),
      ...(searchAttributes ? { typedSearchAttributes: searchAttributesOf(subject) } : {}),
    },
  } satisfies ScheduleOptions
}
