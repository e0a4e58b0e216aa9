import { type Client, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client'
import { putSchedule } from './put-schedule.js'
import { memoOf, searchAttributesOf } from './workflow/describe-run.js'
import type { EpochTerms, SealInput } from './workflow/seal-contract.js'
import type { sealEpoch } from './workflow/seal-epoch.js'

export interface SealSchedule {
  readonly stream: string
  readonly terms: EpochTerms
}

/**
 * How far back runs that were missed while Temporal was down are made up for; one run seals every epoch that was
 * missed.
 */
const CATCHUP_WINDOW = '1 day'

export function scheduleId(prefix: string, stream: string): string {
  return `${prefix}seal-${stream}`
}

/**
 * Creates or updates one schedule: at each epoch's end plus the margin. Repeating it changes nothing; a pause stays.
 */
export async function ensureSchedule(
  client: Client,
  schedule: SealSchedule,
  options: { readonly taskQueue: string; readonly prefix: string; readonly searchAttributes: boolean },
): Promise<void> {
  await putSchedule<typeof sealEpoch>(client, scheduleOptions(schedule, options))
}

function scheduleOptions(
  { stream, terms }: SealSchedule,
  { taskQueue, prefix, searchAttributes }: { taskQueue: string; prefix: string; searchAttributes: boolean },
) {
  const { epochMs, marginMs, pipeline } = terms
  const subject = { pipeline, stream, reason: 'schedule' }
  const input: SealInput = { stream, reason: 'schedule', choice: { kind: 'scheduled', terms }, searchAttributes }
  const id = scheduleId(prefix, stream)
  return {
    scheduleId: id,
    spec: { intervals: [{ every: epochMs, offset: marginMs % epochMs }], timezone: 'UTC' },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false },
    action: {
      type: 'startWorkflow' as const,
      // Temporal appends the scheduled time
      workflowId: id,
      workflowType: 'sealEpoch' as const,
      taskQueue,
      args: [input] as [SealInput],
      memo: memoOf(subject),
      ...(searchAttributes ? { typedSearchAttributes: searchAttributesOf(subject) } : {}),
    },
  } satisfies ScheduleOptions
}

/** Deletes the schedules of streams that are no longer defined. */
export async function removeSchedules(
  client: Client,
  prefix: string,
  streams: readonly string[],
): Promise<readonly string[]> {
  const wanted = new Set(streams.map((stream) => scheduleId(prefix, stream)))
  const removed: string[] = []
  for await (const { scheduleId: id } of client.schedule.list()) {
    if (!id.startsWith(scheduleId(prefix, '')) || wanted.has(id)) continue
    await client.schedule.getHandle(id).delete()
    removed.push(id)
  }
  return removed
}
