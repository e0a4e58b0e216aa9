import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  patched,
  sleep,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { ParityReport } from '../../batch-layer/parity/compare-layers.js'
import type { SegmentWork } from '../../batch-layer/segments/build-segments.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import { longSteps, shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import { dueEpoch } from './due-epoch.js'
import { isStale } from './failure-of.js'
import { restate } from './restate.js'
import { scheduledTime } from './scheduled-time.js'
import type { ParityCounts, ResolvedEpoch, SealInput, SealReport } from './seal-contract.js'

/** Times that segments are computed again because another run moved the boundary meanwhile. */
const MAX_STALE = 3

const MANUAL_DROP_WAIT_MS = 20_000

const NOT_COMPARED: ParityReport = { equal: 0, different: 0, uncompared: 0, pending: 0, reasons: [] }

/**
 * Seals a stream's epochs up to one, from the log to the published snapshot. Each step is an activity that may be
 * repeated, so the run goes on wherever a worker was killed. Which epoch is meant follows from the scheduled time,
 * never from now.
 */
export async function sealEpoch(input: SealInput): Promise<SealReport> {
  const { stream, reason } = input
  const startedMs = Date.now()
  const { epoch, dueMs, pipeline, epochMs } = await chosenEpoch(input)
  const epochStart = epochStartText(epoch, epochMs)
  const subject = { pipeline, stream, reason, epoch: epochStart }
  upsertMemo(memoOf(subject))
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  // a timer may fire a little early, and a run that asks too early is only told to come back
  if (dueMs > Date.now()) await sleep(dueMs - Date.now() + 20)

  const sealed = await longSteps.sealEpochs({ stream, epoch, ...(input.releases ? { releases: input.releases } : {}) })
  const { work, parity, snapshot: sealedBy } = await publishSealed(stream)
  await shortSteps.setAliases({ stream })
  const compared = await compareUntilDrop(stream, work, parity, dropWaitMs(input, epochMs))
  await shortSteps.dropCovered({ stream })
  const snapshot = patched('restating') ? await restateChanged(input, pipeline, sealedBy) : sealedBy
  const { equal, different, uncompared, reasons } = compared
  const segments = work.fresh.length + work.history.length
  await shortSteps.reportSeal({
    report: {
      stream,
      epoch,
      seconds: (Date.now() - Math.max(startedMs, dueMs)) / 1000,
      rows: sealed.read,
      segments,
      parity: { equal, different, uncompared },
      snapshot,
    },
  })
  const counts: ParityCounts = { equal, different, uncompared, reasons }
  const { fromEpoch, toEpoch, read, accepted, rejected, duplicates, open } = sealed
  return {
    stream,
    pipeline,
    reason,
    epoch,
    epochStart,
    fromEpoch,
    toEpoch,
    read,
    accepted,
    rejected,
    duplicates,
    open,
    segments,
    cells: work.cells,
    parity: counts,
    snapshot,
  }
}

async function chosenEpoch({ stream, choice }: SealInput): Promise<ResolvedEpoch> {
  if (choice.kind !== 'scheduled') return shortSteps.resolveEpoch({ stream, choice })
  const scheduled = scheduledTime()
  if (scheduled === null)
    throw ApplicationFailure.nonRetryable('the run was not started by a schedule, which alone says its epoch')
  const { epochMs, marginMs } = choice.terms
  const epoch = dueEpoch(scheduled.getTime(), marginMs, epochMs)
  return { ...choice.terms, epoch, dueMs: (epoch + 1) * epochMs + marginMs }
}

/**
 * Dropping hot epochs waits for the comparison: one epoch at most, and not that long where somebody waits for the run.
 */
function dropWaitMs({ choice }: SealInput, epochMs: number): number {
  return choice.kind === 'scheduled' ? epochMs : Math.min(epochMs, MANUAL_DROP_WAIT_MS)
}

/**
 * Where definitions changed, a run of its own puts today's in force, so that the next epochs are sealed meanwhile. One is
 * started where none is under way; a person who seals by hand sees what comes of it within a few seconds.
 *
 * @returns the snapshot in force
 */
async function restateChanged(
  { stream, choice, reason, searchAttributes }: SealInput,
  pipeline: string,
  sealedBy: string | null,
): Promise<string | null> {
  if (!(await shortSteps.definitionsChanged({ stream }))) return sealedBy
  try {
    const run = await startChild(restate, {
      workflowId: restateId(workflowInfo().workflowId, stream),
      args: [{ stream, pipeline, reason, searchAttributes }],
      parentClosePolicy: 'ABANDON',
      cancellationType: 'ABANDON',
    })
    if (choice.kind === 'scheduled') return sealedBy
    const restated = await Promise.race([run.result(), sleep(MANUAL_DROP_WAIT_MS)])
    return restated?.snapshot ?? sealedBy
  } catch (error) {
    // another seal's run goes on; one that failed shows as such, is tried again by the next seal, and holds up none
    if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof ChildWorkflowFailure) return sealedBy
    throw error
  }
}

/** The same for all runs of a stream's schedule and those by hand, so that one restates at a time. */
function restateId(sealId: string, stream: string): string {
  return `${sealId.slice(0, sealId.lastIndexOf(`seal-${stream}`))}restate-${stream}`
}

/** Segments, a first comparison, publish; again from the segments where another run published in between. */
async function publishSealed(stream: string) {
  for (let stale = 0; ; stale++) {
    const work = await longSteps.buildSegments({ stream })
    const parity = await compare(stream, work)
    try {
      // with nothing to publish the step only says which snapshot is in force
      return { work, parity, snapshot: await shortSteps.publish({ stream, work }) }
    } catch (error) {
      if (!isStale(error) || stale === MAX_STALE) throw error
    }
  }
}

function compare(stream: string, work: SegmentWork): Promise<ParityReport> {
  return work.fresh.length === 0
    ? Promise.resolve(NOT_COMPARED)
    : longSteps.compareLayers({ stream, segments: work.fresh })
}

/**
 * Where the speed layer lags, the comparison is repeated, ever less often, until it has been made or the drop can wait
 * no longer.
 */
async function compareUntilDrop(
  stream: string,
  work: SegmentWork,
  first: ParityReport,
  maxWaitMs: number,
): Promise<ParityReport> {
  let parity = first
  let waitedMs = 0
  for (let delayMs = 1_000; parity.pending > 0 && waitedMs < maxWaitMs; delayMs = Math.min(2 * delayMs, 60_000)) {
    const pauseMs = Math.min(delayMs, maxWaitMs - waitedMs)
    await sleep(pauseMs)
    waitedMs += pauseMs
    parity = await compare(stream, work)
  }
  return parity
}
