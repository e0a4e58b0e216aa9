import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client'
import type { Workflow } from '@temporalio/common'

/** Creates or updates a schedule. Repeating it changes nothing; a pause stays. */
export async function putSchedule<W extends Workflow>(
  client: Client,
  wanted: ScheduleOptions<ScheduleOptionsStartWorkflowAction<W>>,
): Promise<void> {
  try {
    await client.schedule.create(wanted)
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const { spec, action, policies } = wanted
    await client.schedule
      .getHandle(wanted.scheduleId)
      .update<W>((before) => ({ spec, action, policies, state: before.state }))
  }
}
