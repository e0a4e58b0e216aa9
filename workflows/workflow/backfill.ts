import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import { longSteps, shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import type { BackfillInput, BackfillReport } from './seal-contract.js'

/**
 * Computes the segments of sealed epochs once more from the lake and puts them in the place of those in force; then
 * completes what the snapshot lacks, so that a view which is building becomes whole without waiting for the next seal.
 */
export async function backfill(input: BackfillInput): Promise<BackfillReport> {
  const { stream, reason, fromEpoch, toEpoch, view } = input
  const { pipeline, epochMs } = await shortSteps.resolveEpoch({ stream, choice: { kind: 'epoch', epoch: fromEpoch } })
  const epoch = `${epochStartText(fromEpoch, epochMs)}/${epochStartText(toEpoch, epochMs)}`
  const subject = { pipeline, stream, reason, epoch }
  upsertMemo(memoOf(subject))
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  const again = await longSteps.backfillSegments({
    stream,
    range: { fromEpoch, toEpoch, ...(view === undefined ? {} : { view }) },
  })
  await shortSteps.publishBackfill({ stream, work: again })
  const lacking = await longSteps.buildSegments({ stream })
  const snapshot = await shortSteps.publish({ stream, work: lacking })
  await shortSteps.setAliases({ stream })
  return {
    stream,
    fromEpoch,
    toEpoch,
    segments: again.segments.length,
    changed: again.changed,
    completed: lacking.building,
    snapshot,
  }
}
