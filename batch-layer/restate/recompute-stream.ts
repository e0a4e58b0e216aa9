import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  missingRanges,
  type Segment,
  type SegmentRange,
  type Snapshot,
  segmentsChecksum,
} from '../../core/seam/index.js'
import type { BatchRun } from '../batch-deps.js'
import { lackingImports } from '../import/lacking-imports.js'
import { pipelined } from '../pipelined.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { computeByPartition, type SegmentDeps } from '../segments/build-segments.js'
import { makeSegment, manifestsOf, nameSegment } from '../segments/compute-segment.js'
import { keptSegments, readableSteps } from '../segments/expired-raw.js'
import { lakeSteps } from '../segments/lake-steps.js'
import { groupSteps, type SealedStep, stepsWithin } from '../segments/sealed-steps.js'
import { type ComputedSegment, storeCells } from '../segments/store-cells.js'
import type { StreamPlan } from '../stream-plan.js'

export interface RecomputeOptions {
  /** Only this view; all of the stream's where it is absent. */
  readonly view?: string
  /** Records that one segment is made of at most, whole epochs; it bounds the memory. @default 3_000_000 */
  readonly maxRows?: number
}

/** Segments over the whole history, written and not in force; references only. */
export interface RecomputeWork {
  readonly stream: string
  /** The snapshot whose ranges they cover; null where nothing is published yet. */
  readonly base: string | null
  /** The definitions that they were computed by. */
  readonly viewSet: string
  /** In the order of views and epochs. */
  readonly segments: readonly string[]
  readonly views: number
  /** Records that the segments are made of, rejected ones too. */
  readonly records: number
  /** Cells of all of them at their finest window. */
  readonly cells: number
  /** How many of them were not stored before. */
  readonly computed: number
  /** Hex sha256 over the segments' checksums: equal inputs, equal checksum, however often they are computed. */
  readonly checksum: string
}

/**
 * Records of one compacted segment at most: its cells have to fit into memory. Segments are cut greedily from the first
 * epoch on, so all but the last stay the same from week to week.
 */
const MAX_ROWS_PER_SEGMENT = 3_000_000

/** Epochs of one segment of a ledger, whose cells are a few per epoch whatever the records. */
const MAX_EPOCHS_PER_LEDGER = 1_000

/**
 * Computes a stream's views from the raw files over everything that is published, as few large segments that take the
 * place of the hourly ones. A segment's id is a hash of definition and inputs, so a segment that is stored already is
 * not computed again, and a repetition changes nothing. Where raw files have expired, the segments that hold their records
 * stay as they are.
 *
 * @throws Error where the stream has no such view
 */
export async function recomputeStream(
  deps: SegmentDeps,
  plan: StreamPlan,
  run: BatchRun,
  options: RecomputeOptions = {},
): Promise<RecomputeWork> {
  const { stream, epochMs } = plan
  const views = viewsOf(plan, options.view)
  const base = await currentSnapshot(deps.warm, stream.name)
  const ranges = missingOf(base, [])
  const steps = await lakeSteps(deps.lake, stream.name, epochMs, ranges)
  const pieces: { readonly view: ViewDefinition; readonly group: readonly SealedStep[] }[] = []
  for (const view of views) {
    const kept = await keptSegments(deps.lake, plan, view, base)
    const mine = kept.length === 0 ? steps : stepsWithin(steps, missingOf(base, kept))
    pieces.push(...groupsOf(view, mine, options.maxRows).map((group) => ({ view, group })))
  }
  let done = 0
  // While the cells of one segment are written, DuckDB computes the next one with all its threads; ledgers first, as what
  // is written of them is long compared with what is computed.
  const ordered = [...pieces].sort((a, b) => Number(b.view.ledger) - Number(a.view.ledger))
  const stored = await pipelined(
    ordered,
    async (piece) => ({ piece, computed: await computeSegment(deps, plan, piece.view, piece.group, run) }),
    async ({ piece, computed }) => {
      const segment = await computed.store()
      run.progress?.({ step: 'recompute', view: segment.view, done: ++done, of: pieces.length })
      return { piece, segment, fresh: computed.fresh }
    },
  )
  const made = pieces.flatMap((piece) => stored.filter((one) => one.piece === piece))
  // a definition that changed has no segments of the imports yet; those of the others stay as they are
  const imported = []
  for (const view of views) imported.push(...(await lackingImports(deps, plan, view, base, run)))
  const all = [...made.map(({ segment }) => segment), ...imported]
  return {
    stream: stream.name,
    base: base?.id ?? null,
    viewSet: plan.keyspace.viewSet,
    segments: all.map((segment) => segment.id),
    views: views.length,
    records: steps.reduce((sum, { partition }) => sum + partition.accepted + partition.rejected, 0),
    cells: all.reduce((sum, segment) => sum + segment.cells, 0),
    computed: made.filter(({ fresh }) => fresh).length,
    checksum: segmentsChecksum(all),
  }
}

/** The steps of each segment that a view's history is made of. */
export function groupsOf(
  view: ViewDefinition,
  steps: readonly SealedStep[],
  maxRows = MAX_ROWS_PER_SEGMENT,
): readonly (readonly SealedStep[])[] {
  return view.ledger ? groupSteps(steps, MAX_EPOCHS_PER_LEDGER, () => 1) : groupSteps(steps, maxRows)
}

/** What some segments of a view leave uncovered of a snapshot. */
function missingOf(base: Snapshot | null, segments: readonly Segment[]): readonly SegmentRange[] {
  return base === null ? [] : missingRanges(base.first, base.boundary, segments)
}

/** One segment of all partitions, by a single query; a ledger's by its own way, which also counts per partition. */
export async function computeSegment(
  deps: SegmentDeps,
  plan: StreamPlan,
  view: ViewDefinition,
  steps: readonly SealedStep[],
  run: BatchRun,
): Promise<ComputedSegment> {
  if (view.ledger) return computeByPartition(deps, plan, view, steps, run)
  run.signal?.throwIfAborted()
  const name = nameSegment(view, plan.stream, steps)
  const stored = await deps.warm.segment(name.id)
  if (stored !== null) return { fresh: false, store: async () => stored }
  run.progress?.({ step: 'segment', view: view.name })
  const resolutionMs = view.windows[0]
  if (resolutionMs === undefined) throw new Error(`view "${view.name}" has no window`)
  const manifests = manifestsOf(await readableSteps(deps.lake, view, plan.stream.name, steps))
  const cells = await deps.lake.aggregate({ view, stream: plan.stream, manifests, resolutionMs })
  const { segment, cells: sorted } = makeSegment(view, plan.stream, name, [cells])
  return { fresh: true, store: () => storeCells(deps, view, segment, sorted) }
}

/** @throws Error naming the views that there are */
export function viewsOf(plan: StreamPlan, name: string | undefined): readonly ViewDefinition[] {
  if (name === undefined) return plan.views
  const view = plan.views.find((candidate) => candidate.name === name)
  if (view !== undefined) return [view]
  throw new Error(
    `stream "${plan.stream.name}" feeds no view "${name}"; it feeds ${plan.views.map((v) => v.name).join(', ')}`,
  )
}
