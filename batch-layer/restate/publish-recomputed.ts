import {
  diffGate,
  replaceSegments,
  type Segment,
  type Snapshot,
  type SnapshotDiff,
  type SnapshotReason,
} from '../../core/seam/index.js'
import { type HeldSnapshot, SnapshotConflictError } from '../../stores/warm/warm-port.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { StaleSegmentsError } from '../publish/publish-segments.js'
import type { StreamPlan } from '../stream-plan.js'
import type { DiffLimits } from './diff-limits.js'
import { diffSegments } from './diff-segments.js'
import type { RecomputeWork } from './recompute-stream.js'
import { storedSegments } from './stored-segments.js'

export interface PublishDeps extends Pick<BatchDeps, 'warm' | 'lake' | 'clock' | 'logger'> {
  readonly diffLimits: DiffLimits
}

export interface PublishOptions {
  /** @default 'refresh' */
  readonly reason?: Extract<SnapshotReason, 'refresh' | 'restate' | 'backfill'>
}

/** How a publish behind the diff gate ended. */
export interface GatedPublish {
  readonly status: 'published' | 'held' | 'unchanged'
  /** The snapshot in force, or the id under which the held one waits; null where the stream has none. */
  readonly snapshot: string | null
  /** Windows that say something else than before, over all views. */
  readonly changedWindows: number
  /** Why it is held, in words; empty otherwise. */
  readonly because: readonly string[]
}

/** Compare-and-sets that one publish may lose before it gives up. */
const MAX_CONFLICTS = 10

/**
 * Puts recomputed segments in force, unless they change more than the limit allows: then they are held, with what would
 * change, until a person approves or rejects them. Repeating it finds them in force, or held, already.
 *
 * @throws StaleSegmentsError where they were computed by other definitions
 */
export async function publishRecomputed(
  deps: PublishDeps,
  plan: StreamPlan,
  work: Pick<RecomputeWork, 'base' | 'viewSet' | 'segments'>,
  options: PublishOptions = {},
  run: BatchRun = {},
): Promise<GatedPublish> {
  const { reason = 'refresh' } = options
  const { name } = plan.stream
  if (work.viewSet !== plan.keyspace.viewSet)
    throw new StaleSegmentsError(
      name,
      work.base,
      `by the view set ${work.viewSet}, which is now ${plan.keyspace.viewSet}`,
    )
  const segments = await storedSegments(deps.warm, work.segments)
  let known: { readonly of: string; readonly diff: SnapshotDiff } | null = null
  for (let conflicts = 0; ; conflicts++) {
    const base = await currentSnapshot(deps.warm, name)
    const inForce = new Set(base?.segments.map((segment) => segment.id))
    if (base === null || segments.every((segment) => inForce.has(segment.id)))
      return { status: 'unchanged', snapshot: base?.id ?? null, changedWindows: 0, because: [] }
    const next = replaceSegments(base, segments, deps.clock.now(), reason)
    const of = goneFrom(base, next)
    const diff: SnapshotDiff =
      known?.of === of ? { ...known.diff, base: base.id } : await diffSegments(deps, plan, base, segments, run)
    known = { of, diff }
    const because = diffGate(diff, (view) => deps.diffLimits.of(name, view))
    if (because.length > 0) return hold(deps, next, segments, diff, because)
    try {
      await deps.warm.publish(next)
      // what it changed can be looked up afterwards; nothing depends on it. In one write: never does it wait for a person
      const decided = { state: 'published', decidedAtMs: deps.clock.now(), published: next.id } as const
      await deps.warm.putHeld({ ...recordOf(deps, next, segments, diff, []), ...decided })
      return { status: 'published', snapshot: next.id, changedWindows: diff.changedWindows, because: [] }
    } catch (error) {
      if (!(error instanceof SnapshotConflictError) || conflicts === MAX_CONFLICTS) throw error
      deps.logger.info({ stream: name, current: error.current }, 'another snapshot was published; building again')
    }
  }
}

/** The same segments are held once, however often the run that made them is repeated. */
async function hold(
  { warm, clock, logger }: PublishDeps,
  next: Snapshot,
  segments: readonly Segment[],
  diff: SnapshotDiff,
  because: readonly string[],
): Promise<GatedPublish> {
  const ids = idsOf(segments)
  const waiting = await warm.heldSnapshots({ stream: next.stream, state: 'held', limit: 1_000 })
  const same = waiting.find((held) => held.segments.join() === ids.join())
  const held = same ?? (await warm.putHeld(recordOf({ clock }, next, segments, diff, because)))
  logger.warn({ stream: next.stream, held: held.id, because }, 'held: it changes more than the limit allows')
  return { status: 'held', snapshot: held.id, changedWindows: held.diff.changedWindows, because: held.because }
}

function recordOf(
  { clock }: Pick<PublishDeps, 'clock'>,
  next: Snapshot,
  segments: readonly Segment[],
  diff: SnapshotDiff,
  because: readonly string[],
): HeldSnapshot {
  return {
    id: next.id,
    stream: next.stream,
    reason: next.reason,
    state: 'held',
    segments: idsOf(segments),
    diff,
    because,
    heldAtMs: clock.now(),
    decidedAtMs: null,
    published: null,
  }
}

function idsOf(segments: readonly Segment[]): readonly string[] {
  return segments.map((segment) => segment.id).sort()
}

/** Names what a publish takes out of force: while it is the same, so is the comparison. */
function goneFrom(base: Snapshot, next: Snapshot): string {
  const kept = new Set(next.segments.map((segment) => segment.id))
  return base.segments
    .map((segment) => segment.id)
    .filter((id) => !kept.has(id))
    .sort()
    .join()
}
