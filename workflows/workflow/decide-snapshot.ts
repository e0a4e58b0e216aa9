import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import { longSteps, shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import type { DecidedSnapshot, DecideInput } from './restate-contract.js'

/**
 * Rolls a stream back to an older snapshot, or approves or rejects one that is held; then the aliases follow. What is
 * refused is said in words and not tried again.
 */
export async function decideSnapshot(input: DecideInput): Promise<DecidedSnapshot> {
  const { action, snapshot, reason } = input
  upsertMemo({ action, snapshot, reason })
  const decided = await longSteps.decideSnapshot({ action, snapshot })
  const subject = { pipeline: decided.pipeline, stream: decided.stream, reason }
  upsertMemo(memoOf(subject))
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  await shortSteps.setAliases({ stream: decided.stream })
  return decided
}
