import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import { longSteps, shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import type { BackfillInput, BackfillReport } from './seal-contract.js'

/** The way of runs that began before backfills were cut into pieces; it ends with the last of them. */
export async function backfillAtOnce(input: BackfillInput): Promise<BackfillReport> {
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
    status: again.changed > 0 || lacking.building.length > 0 ? 'published' : 'unchanged',
    fromEpoch,
    toEpoch,
    segments: again.segments.length,
    changed: again.changed,
    completed: lacking.building,
    missing: lacking.history.length,
    stale: again.changed,
    fresh: again.segments.length - again.changed,
    records: 0,
    changedWindows: 0,
    checksum: '',
    because: [],
    snapshot,
  }
}
