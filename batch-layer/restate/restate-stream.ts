import {
  missingRanges,
  type RestatementProgress,
  restateViews,
  type Segment,
  type Snapshot,
  viewSetOf,
} from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { lackingImports } from '../import/lacking-imports.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { publishNext } from '../publish/publish-next.js'
import type { SegmentDeps } from '../segments/build-segments.js'
import { lakeSteps } from '../segments/lake-steps.js'
import { stepsWithin } from '../segments/sealed-steps.js'
import type { StreamPlan } from '../stream-plan.js'
import { hasCaughtUp } from './has-caught-up.js'
import { computeSegment, groupsOf } from './recompute-stream.js'

/** How a restatement ended. */
export interface RestatedStream {
  /** `none`: today's definitions are in force. `waiting`: the old ones still answer; try again. */
  readonly state: 'none' | 'waiting' | 'published'
  /** In force afterwards; null where nothing of the stream is published. */
  readonly snapshot: string | null
}

export interface RestateOptions {
  /** How long to wait for hot state at most, ms. @default 5_000 */
  readonly waitMs?: number
}

/** Seals that may move the boundary while segments are computed. */
const MAX_ROUNDS = 5

/**
 * Puts today's definitions of a stream's views in force in place of those that answer: computes what they lack from the
 * lake, invisibly, and moves the pointer once all of it is there and their hot state has read as far as that of the old
 * ones. Until then the old ones answer, and are sealed and published by. A repetition finds by their ids the segments
 * that are stored.
 *
 * @param from what is in force
 * @param to today's
 */
export async function restateStream(
  deps: SegmentDeps & Pick<BatchDeps, 'hot' | 'clock'>,
  from: StreamPlan,
  to: StreamPlan,
  run: BatchRun,
  { waitMs = 5_000 }: RestateOptions = {},
): Promise<RestatedStream> {
  const { name } = to.stream
  const before = await currentSnapshot(deps.warm, name)
  if (before === null || from.keyspace.viewSet === to.keyspace.viewSet)
    return { state: 'none', snapshot: before?.id ?? null }
  const say = await reporter(deps, from, to, before)
  try {
    return await takeOver(deps, from, to, waitMs, run, say)
  } catch (error) {
    if (!run.signal?.aborted) await say({ failure: error instanceof Error ? error.message : String(error) })
    throw error
  }
}

async function takeOver(
  deps: SegmentDeps & Pick<BatchDeps, 'hot' | 'clock'>,
  from: StreamPlan,
  to: StreamPlan,
  waitMs: number,
  run: BatchRun,
  say: Say,
): Promise<RestatedStream> {
  const { name } = to.stream
  for (let round = 1; ; round++) {
    const base = await currentSnapshot(deps.warm, name)
    if (base === null) return { state: 'none', snapshot: null }
    // somebody else has put them in force
    if (viewSetOf(base.views) === to.keyspace.viewSet) return { state: 'published', snapshot: base.id }
    const segments = await segmentsOf(deps, to, base, run, say)
    await say({ waitsFor: 'hot-state' })
    if (!(await hasCaughtUp(deps.hot, from.keyspace, to.keyspace, waitMs, run)))
      return { state: 'waiting', snapshot: base.id }
    let moved = false
    const published = await publishNext(deps, name, async (current) => {
      moved = current?.id !== base.id
      return moved ? null : restateViews(base, to.views, segments, deps.clock.now())
    })
    if (moved) {
      // a seal came in between: what it added is computed too
      if (round === MAX_ROUNDS) return { state: 'waiting', snapshot: published?.id ?? null }
      continue
    }
    await say({ waitsFor: null })
    deps.logger.info({ stream: name, from: from.keyspace.viewSet, to: to.keyspace.viewSet }, 'restated')
    return { state: 'published', snapshot: published?.id ?? null }
  }
}

type Say = (change: Partial<Pick<RestatementProgress, 'done' | 'of' | 'waitsFor' | 'failure'>>) => Promise<void>

/** Writes down how far it is, for whoever asks. */
async function reporter(
  { warm, clock }: Pick<BatchDeps, 'warm' | 'clock'>,
  from: StreamPlan,
  to: StreamPlan,
  base: Snapshot,
): Promise<Say> {
  const [stream, of, into] = [to.stream.name, from.keyspace.viewSet, to.keyspace.viewSet]
  const known = await warm.restatement(stream)
  const goesOn = known !== null && known.from === of && known.to === into && known.waitsFor !== null
  const inForce = new Map(base.views.map((view) => [view.name, view.hash]))
  let held: RestatementProgress = {
    ...{ stream, from: of, to: into, done: 0, of: 0, waitsFor: 'segments', failure: null },
    views: to.views.filter((view) => inForce.get(view.name) !== view.hash).map((view) => view.name),
    startedAtMs: goesOn ? known.startedAtMs : clock.now(),
    updatedAtMs: clock.now(),
  }
  return async (change) => {
    held = { ...held, ...change, updatedAtMs: clock.now() }
    await warm.putRestatement(held)
  }
}

/** What today's definitions lack of a snapshot's history, computed and stored. */
async function segmentsOf(
  deps: SegmentDeps,
  to: StreamPlan,
  base: Snapshot,
  run: BatchRun,
  say: Say,
): Promise<readonly Segment[]> {
  const { stream, epochMs } = to
  const lacking = to.views.map((view) => {
    const own = base.segments.filter((segment) => segment.view === view.name && segment.viewHash === view.hash)
    return { view, ranges: missingRanges(base.first, base.boundary, own) }
  })
  const all = lacking.flatMap(({ ranges }) => ranges)
  const steps = await lakeSteps(deps.lake, stream.name, epochMs, all)
  const pieces = lacking.flatMap(({ view, ranges }) =>
    groupsOf(view, stepsWithin(steps, ranges)).map((group) => ({ view, group })),
  )
  await say({ waitsFor: 'segments', done: 0, of: pieces.length })
  const made: Segment[] = []
  for (const { view, group } of pieces) {
    run.progress?.({ step: 'restate', view: view.name, done: made.length, of: pieces.length })
    made.push(await (await computeSegment(deps, to, view, group, run)).store())
    await say({ done: made.length })
  }
  for (const view of to.views) made.push(...(await lackingImports(deps, to, view, base, run)))
  return made
}
