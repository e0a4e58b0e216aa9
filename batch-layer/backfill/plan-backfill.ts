import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { SnapshotRefusedError } from '../publish/snapshot-refused-error.js'
import { type SegmentDeps, storeSegment } from '../segments/build-segments.js'
import { lakeSteps } from '../segments/lake-steps.js'
import type { StreamPlan } from '../stream-plan.js'
import { type BackfillScope, backfillPieces } from './backfill-pieces.js'

/** What a backfill is going to do; references only. */
export interface BackfillPlan {
  readonly stream: string
  /** The snapshot that is backfilled; null where nothing is published yet. */
  readonly base: string | null
  readonly viewSet: string
  /** Segments to be computed. */
  readonly pieces: number
  readonly missing: number
  readonly stale: number
  readonly fresh: number
  /** Records that have to be read, over all views. */
  readonly records: number
  /** Names of the views that lack something of it. */
  readonly building: readonly string[]
}

/** Segments that one backfill computes at most: their ids have to fit into one message. */
const MAX_PIECES = 20_000

/** Says what a backfill would compute, without computing it. @throws SnapshotRefusedError where that is too much at once */
export async function planBackfill(
  deps: Pick<BatchDeps, 'lake' | 'warm'>,
  plan: StreamPlan,
  scope: BackfillScope,
): Promise<BackfillPlan> {
  const base = await currentSnapshot(deps.warm, plan.stream.name)
  const pieces = base === null ? [] : await backfillPieces(deps, plan, base, scope)
  if (pieces.length > MAX_PIECES)
    throw new SnapshotRefusedError(
      `stream "${plan.stream.name}": ${pieces.length} segments are to be computed, ${MAX_PIECES} at most in one run; give a shorter range, or compact the history first with tandem refresh`,
    )
  const of = (state: string) => pieces.filter((piece) => piece.state === state).length
  return {
    stream: plan.stream.name,
    base: base?.id ?? null,
    viewSet: plan.keyspace.viewSet,
    pieces: pieces.length,
    missing: of('missing'),
    stale: of('stale'),
    fresh: of('fresh'),
    records: pieces.reduce((sum, { records }) => sum + records, 0),
    building: [...new Set(pieces.filter(({ state }) => state === 'missing').map(({ view }) => view.name))],
  }
}

/** Which of the planned pieces one step computes. */
export interface PieceRange {
  /** Inclusive, counted from 0. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/**
 * Computes some of the planned segments from the files in the lake, which are checked against their manifests first.
 * Nothing is published. The same files give the same ids, so a repetition changes nothing.
 *
 * @returns ids of the segments, in the order of the pieces
 */
export async function computePieces(
  deps: SegmentDeps,
  plan: StreamPlan,
  work: Pick<BackfillPlan, 'base'>,
  scope: BackfillScope,
  { from, to }: PieceRange,
  run: BatchRun,
): Promise<readonly string[]> {
  const base = work.base === null ? null : await deps.warm.snapshot(work.base)
  if (base === null) throw new Error(`snapshot ${work.base} of stream "${plan.stream.name}" is gone`)
  const pieces = (await backfillPieces(deps, plan, base, scope)).slice(from, to)
  const rawFrom = await deps.lake.rawFrom(plan.stream.name)
  const checked = new Set<number>()
  const made: string[] = []
  for (const { view, ranges } of pieces) {
    const steps = await lakeSteps(deps.lake, plan.stream.name, plan.epochMs, ranges)
    for (const { manifest } of steps) {
      if (checked.has(manifest.epoch)) continue
      run.signal?.throwIfAborted()
      run.progress?.({ step: 'check', epoch: manifest.epoch })
      if (manifest.epoch >= rawFrom) await deps.lake.checkFiles(manifest)
      checked.add(manifest.epoch)
    }
    made.push((await storeSegment(deps, plan, view, steps, run, true)).id)
  }
  return made
}
