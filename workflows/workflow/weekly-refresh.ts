import { executeChild, isCancellation, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type {
  CollectionOutcome,
  RetentionOutcome,
  RunReport,
  SourceOutcome,
  StreamOutcome,
} from '../../stores/warm/run-reports.js'
import { shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import { isStale, reasonOf } from './failure-of.js'
import type { RefreshInput } from './refresh-contract.js'
import { concluded, failedSource, failedStream, sourceOutcome, streamOutcome } from './refresh-outcome.js'
import { longRefreshSteps, optionalRefreshSteps, shortRefreshSteps } from './refresh-steps.js'
import { scheduledTime } from './scheduled-time.js'
import type { SealInput } from './seal-contract.js'
import type { sealEpoch } from './seal-epoch.js'

/** Sources that are crawled at a time: the worker takes three steps at once, and one is left for the seal. */
const SOURCES_AT_ONCE = 2
/** Times that a stream is recomputed because its definitions changed meanwhile. */
const MAX_STALE = 3

/**
 * The week's work of the batch layer: sources, recomputed and compacted history, collections, retention, report. Each
 * part is a step of its own that may be repeated, and one that fails is reported and does not stop the others. The
 * interval follows from the scheduled time, never from now.
 */
export async function weeklyRefresh(input: RefreshInput): Promise<RunReport> {
  const { runId, workflowId, startTime } = workflowInfo()
  const scheduledMs = input.scheduledMs ?? scheduledTime()?.getTime() ?? startTime.getTime()
  const plan = await shortRefreshSteps.planRefresh({ pipeline: input.pipeline, scheduledMs })
  const { pipeline, week, fromMs, toMs } = plan
  const subject = { pipeline, reason: input.reason, week }
  const say = (step: string): void => upsertMemo({ ...memoOf(subject), step })
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  const begun: RunReport = {
    id: runId,
    workflowId,
    kind: 'refresh',
    pipeline,
    reason: input.reason,
    week,
    fromMs,
    toMs,
    startedMs: startTime.getTime(),
    endedMs: null,
    ...concluded({ sources: [], streams: [], collections: [], retention: null }, []),
    status: 'running',
  }
  await shortRefreshSteps.putRun({ report: begun })

  say('sources')
  const sources = await runSources(plan.sources, runId, scheduledMs)
  const others: string[] = []
  if (input.wait) {
    say('seal')
    others.push(...(await sealRunningEpochs(plan.streams, workflowId, input.searchAttributes)))
  }
  const streams: StreamOutcome[] = []
  for (const stream of plan.streams) {
    say(`recompute ${stream}`)
    streams.push(await refreshStream(stream))
  }
  const collections: CollectionOutcome[] = []
  for (const collection of plan.collections) {
    say(`rebuild ${collection}`)
    collections.push(await rebuildCollection(collection, runId))
  }
  say('retention')
  const retention = await retain(plan.streams, others)
  const outcome = concluded({ sources, streams, collections, retention }, others)
  const report: RunReport = { ...begun, ...outcome, endedMs: Date.now() }
  await shortRefreshSteps.putRun({ report })
  say(report.status)
  await tell(report)
  return report
}

/** A few at a time, in the order of definition: what a later source needs of an earlier one is there. */
async function runSources(names: readonly string[], run: string, scheduledMs: number): Promise<SourceOutcome[]> {
  const outcomes = new Array<SourceOutcome>(names.length)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < names.length) {
      const index = next++
      const source = names[index] as string
      const startedMs = Date.now()
      outcomes[index] = await longRefreshSteps.runSource({ source, run, scheduledMs }).then(
        (report) => sourceOutcome(report, secondsSince(startedMs)),
        (error: unknown) => failedSource(source, reasonOf(error), secondsSince(startedMs)),
      )
    }
  }
  await Promise.all(Array.from({ length: SOURCES_AT_ONCE }, lane))
  return outcomes
}

/** Problems of seals that failed. */
async function sealRunningEpochs(
  streams: readonly string[],
  parentId: string,
  searchAttributes: boolean,
): Promise<readonly string[]> {
  const problems = await Promise.all(
    streams.map(async (stream): Promise<string | null> => {
      const input: SealInput = { stream, reason: 'refresh', choice: { kind: 'running' }, searchAttributes }
      try {
        await executeChild<typeof sealEpoch>('sealEpoch', { args: [input], workflowId: `${parentId}-seal-${stream}` })
        return null
      } catch (error) {
        return `stream "${stream}" could not be sealed: ${reasonOf(error)}`
      }
    }),
  )
  return problems.filter((problem) => problem !== null)
}

async function refreshStream(stream: string): Promise<StreamOutcome> {
  const startedMs = Date.now()
  try {
    for (let stale = 0; ; stale++) {
      const work = await longRefreshSteps.recomputeStream({ stream })
      try {
        const published = await longRefreshSteps.publishRecomputed({ stream, work })
        if (published.status === 'published') await shortSteps.setAliases({ stream })
        return streamOutcome(work, published, secondsSince(startedMs))
      } catch (error) {
        if (!isStale(error) || stale === MAX_STALE) throw error
      }
    }
  } catch (error) {
    return failedStream(stream, reasonOf(error), secondsSince(startedMs))
  }
}

async function rebuildCollection(collection: string, run: string): Promise<CollectionOutcome> {
  const startedMs = Date.now()
  try {
    const rebuilt = await longRefreshSteps.rebuildCollection({ collection, run })
    return { collection, status: 'rebuilt', ...rebuilt, error: null, seconds: secondsSince(startedMs) }
  } catch (error) {
    return {
      collection,
      status: 'failed',
      generation: null,
      loaded: 0,
      checksum: '',
      error: reasonOf(error),
      seconds: secondsSince(startedMs),
    }
  }
}

async function retain(streams: readonly string[], problems: string[]): Promise<RetentionOutcome | null> {
  try {
    return await longRefreshSteps.retain({ streams })
  } catch (error) {
    problems.push(`retention failed: ${reasonOf(error)}`)
    return null
  }
}

/** The report is stored; that nobody could be told does not undo the refresh. */
async function tell(report: RunReport): Promise<void> {
  try {
    await optionalRefreshSteps.notifyRun({ report })
  } catch (error) {
    if (isCancellation(error)) throw error
    const problems = [...report.problems, `the report could not be sent: ${reasonOf(error)}`]
    await shortRefreshSteps.putRun({ report: { ...report, problems } })
  }
}

function secondsSince(startedMs: number): number {
  return (Date.now() - startedMs) / 1000
}
