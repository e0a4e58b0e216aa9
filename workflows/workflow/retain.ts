import { upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { RetentionOutcome } from '../../stores/warm/run-reports.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import type { RetainInput } from './refresh-contract.js'
import { longRefreshSteps, shortRefreshSteps } from './refresh-steps.js'

/** Retention by itself: what the weekly refresh does of it, now. */
export async function retain(input: RetainInput): Promise<RetentionOutcome> {
  const { pipeline, dryRun, reason } = input
  const scheduledMs = workflowInfo().startTime.getTime()
  const plan = await shortRefreshSteps.planRefresh({ pipeline, scheduledMs })
  const subject = { pipeline: plan.pipeline, reason }
  upsertMemo({ ...memoOf(subject), dryRun })
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  return longRefreshSteps.retain({ streams: plan.streams, dryRun })
}
