import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  isCancellation,
  patched,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { BackfillState } from '../../core/seam/restatement.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import { longSteps, shortSteps } from './activity-options.js'
import { backfillAtOnce } from './backfill-at-once.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import type { BackfillProgress } from './restate-contract.js'
import type { BackfillInput, BackfillReport } from './seal-contract.js'

export const pauseSignal = defineSignal('pause')
export const resumeSignal = defineSignal('resume')
export const cancelSignal = defineSignal('cancel')
export const progressQuery = defineQuery<BackfillProgress>('progress')

/** Segments computed between two looks at whether to pause; more where there are so many that a history would grow long. */
const PIECES_PER_STEP = 4
const MAX_STEPS = 300

/**
 * Computes segments of sealed epochs once more from the lake, piece by piece, and puts those that are not in force yet
 * behind the diff gate. It can be paused, resumed and cancelled; a cancelled one publishes nothing.
 */
export async function backfill(input: BackfillInput): Promise<BackfillReport> {
  if (!patched('backfill-by-pieces')) return backfillAtOnce(input)
  const { stream, reason, fromEpoch, toEpoch, view, only = 'all', concurrency = 1 } = input
  const progress = { state: 'running' as BackfillState, done: 0, of: 0 }
  const say = (state: BackfillState) => upsertMemo({ ...progress, state })
  const work = new CancellationScope()
  let cancelled = false
  const pause = (from: BackfillState, to: BackfillState) => () => {
    if (progress.state !== from) return
    progress.state = to
    say(to)
  }
  setHandler(pauseSignal, pause('running', 'paused'))
  setHandler(resumeSignal, pause('paused', 'running'))
  setHandler(cancelSignal, () => {
    cancelled = true
    work.cancel()
  })
  setHandler(progressQuery, () => ({ ...progress }))

  const { pipeline, epochMs } = await shortSteps.resolveEpoch({ stream, choice: { kind: 'epoch', epoch: fromEpoch } })
  const epoch = `${startText(fromEpoch, epochMs)}/${startText(toEpoch, epochMs)}`
  const subject = { pipeline, stream, reason, epoch }
  upsertMemo({ ...memoOf(subject), only, ...(view === undefined ? {} : { view }) })
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))

  const scope = { fromEpoch, toEpoch, only, ...(view === undefined ? {} : { view }) }
  const planned = await longSteps.planBackfill({ stream, scope })
  progress.of = planned.pieces
  say(progress.state)
  const { base, viewSet, missing, stale, fresh, records } = planned
  const report = {
    stream,
    fromEpoch,
    toEpoch,
    segments: 0,
    changed: 0,
    completed: [],
    missing,
    stale,
    fresh,
    records,
    changedWindows: 0,
    checksum: '',
    because: [],
    snapshot: base,
  }
  const end = (ended: Pick<BackfillReport, 'status'> & Partial<BackfillReport>): BackfillReport => {
    progress.state = ended.status
    say(ended.status)
    return { ...report, segments: progress.done, ...ended }
  }
  if (input.dryRun) return end({ status: 'dry-run' })

  const made: string[][] = []
  const perStep = Math.max(PIECES_PER_STEP, Math.ceil(planned.pieces / MAX_STEPS))
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < planned.pieces) {
      const from = next
      next += perStep
      await condition(() => progress.state !== 'paused')
      const pieces = { from, to: Math.min(from + perStep, planned.pieces) }
      made[from / perStep] = [...(await longSteps.computePieces({ stream, scope, base, pieces }))]
      progress.done += pieces.to - pieces.from
      say(progress.state)
    }
  }
  try {
    await work.run(async () => {
      await Promise.all(Array.from({ length: concurrency }, lane))
      // paused after the last step: what is published cannot be taken back by a pause
      await condition(() => progress.state !== 'paused')
    })
  } catch (error) {
    if (cancelled && isCancellation(error)) return end({ status: 'cancelled' })
    throw error
  }
  if (cancelled) return end({ status: 'cancelled' })
  const published = await longSteps.publishRestated({ stream, base, viewSet, segments: made.flat() })
  await shortSteps.setAliases({ stream })
  const { status, snapshot, changedWindows, checksum, because } = published
  return end({
    status,
    snapshot,
    changedWindows,
    checksum,
    because,
    changed: status === 'unchanged' ? 0 : missing + stale,
    completed: status === 'published' ? planned.building : [],
  })
}

/** The end of a backfill of everything has no date. */
function startText(epoch: number, epochMs: number): string {
  return epoch * epochMs > Date.UTC(9999, 0) ? '…' : epochStartText(epoch, epochMs)
}
