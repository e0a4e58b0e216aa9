import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  type Boundary,
  boundaryAfter,
  type EpochManifest,
  missingRanges,
  type Segment,
  type Snapshot,
} from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { lackingImports } from '../import/lacking-imports.js'
import { ledgerEntries } from '../ledger/ledger-entries.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import type { StreamPlan } from '../stream-plan.js'
import type { CellCache } from './cell-cache.js'
import { makeSegment, nameSegment, partitionCells } from './compute-segment.js'
import { lakeSteps } from './lake-steps.js'
import { groupSteps, type SealedStep, stepsWithin } from './sealed-steps.js'
import { type ComputedSegment, storeCells } from './store-cells.js'
import { unpublishedManifests } from './unpublished.js'

export interface SegmentDeps extends Pick<BatchDeps, 'lake' | 'warm' | 'search' | 'logger'> {
  readonly cells: CellCache
}

/** Segments that are written and not yet in force; references only. */
export interface SegmentWork {
  readonly stream: string
  /** The snapshot that they go beyond; null where there is none. */
  readonly base: string | null
  /** The definitions that they were computed by. */
  readonly viewSet: string
  /** Last sealed epoch that they reach; −1 where none was sealed since. */
  readonly throughEpoch: number
  /** Ids of the segments of the epochs sealed since, which the two layers are compared on. */
  readonly fresh: readonly string[]
  /** Ids of segments of older epochs, for views that are building. */
  readonly history: readonly string[]
  /** Views that `history` completes. */
  readonly building: readonly string[]
  /** Cells of all of them at their finest window. */
  readonly cells: number
  /** False where nothing is to be published. */
  readonly pending: boolean
}

/** Records that one segment is made of at most, so that its cells fit into memory; one epoch at least. */
const MAX_ROWS_PER_SEGMENT = 3_000_000

/**
 * Computes and stores what the snapshot in force lacks of the sealed epochs, per view: usually the epochs sealed since,
 * and for a view that is new or has changed all of them. Repeating it finds the segments that are already stored by
 * their ids.
 */
export async function buildSegments(deps: SegmentDeps, plan: StreamPlan, run: BatchRun): Promise<SegmentWork> {
  const { stream, epochMs } = plan
  const base = await currentSnapshot(deps.warm, stream.name)
  const tail = await unpublishedManifests(deps.lake, stream.name, epochMs, base)
  const { first, boundary } = extent(base, tail)
  const newest = new Set(tail.map((manifest) => manifest.epoch))
  const lacking = plan.views.map((view) => ({ view, ranges: missingRanges(first, boundary, segmentsOf(base, view)) }))
  const steps = await lakeSteps(
    deps.lake,
    stream.name,
    epochMs,
    lacking.flatMap(({ ranges }) => ranges),
  )
  const fresh: Segment[] = []
  const history: Segment[] = []
  for (const { view, ranges } of lacking) {
    const mine = stepsWithin(steps, ranges)
    // older and newer epochs never share a segment: the newer are compared with hot state, which holds no older ones
    const older = mine.filter((step) => !newest.has(step.manifest.epoch))
    const newer = mine.filter((step) => newest.has(step.manifest.epoch))
    for (const group of groupSteps(older, MAX_ROWS_PER_SEGMENT))
      history.push(await storeSegment(deps, plan, view, group, run))
    for (const group of groupSteps(newer, MAX_ROWS_PER_SEGMENT))
      fresh.push(await storeSegment(deps, plan, view, group, run))
    history.push(...(await lackingImports(deps, plan, view, base, run)))
  }
  return {
    stream: stream.name,
    base: base?.id ?? null,
    viewSet: plan.keyspace.viewSet,
    throughEpoch: tail.at(-1)?.epoch ?? -1,
    fresh: fresh.map((segment) => segment.id),
    history: history.map((segment) => segment.id),
    building: [...new Set(history.map((segment) => segment.view))],
    cells: [...fresh, ...history].reduce((sum, segment) => sum + segment.cells, 0),
    pending: fresh.length > 0 || history.length > 0,
  }
}

/**
 * Computes one segment from the lake and stores it, unless it is stored already. Its descriptor in MongoDB is written
 * last: where it is, everything else of the segment is.
 *
 * @param again compute and write it even where it is stored
 */
export async function storeSegment(
  deps: SegmentDeps,
  plan: StreamPlan,
  view: ViewDefinition,
  steps: readonly SealedStep[],
  run: BatchRun,
  again = false,
): Promise<Segment> {
  return (await computeByPartition(deps, plan, view, steps, run, again)).store()
}

/** Computes a segment partition by partition, as the two layers are compared and a ledger is counted. */
export async function computeByPartition(
  deps: SegmentDeps,
  plan: StreamPlan,
  view: ViewDefinition,
  steps: readonly SealedStep[],
  run: BatchRun,
  again = false,
): Promise<ComputedSegment> {
  const { stream, epochMs } = plan
  run.signal?.throwIfAborted()
  run.progress?.({ step: 'segment', view: view.name })
  const name = nameSegment(view, stream, steps)
  const stored = again ? null : await deps.warm.segment(name.id)
  if (stored !== null) return { fresh: false, store: async () => stored }
  const byPartition = []
  for (const partition of new Set(steps.map((step) => step.partition.partition))) {
    const compute = () => partitionCells(deps.lake, view, stream, steps, partition)
    const cells = again ? await compute() : await deps.cells.get(name.id, partition, compute)
    byPartition.push({ partition, cells })
    run.progress?.({ step: 'segment', view: view.name, partition, cells: cells.length })
  }
  const ledger = view.ledger ? ledgerEntries(view, epochMs, steps, byPartition) : []
  const { segment, cells } = makeSegment(
    view,
    stream,
    name,
    byPartition.map((part) => part.cells),
  )
  return { fresh: true, store: () => storeCells(deps, view, segment, cells, ledger) }
}

/** Where the stream begins, and where a snapshot of everything sealed would end. */
function extent(base: Snapshot | null, tail: readonly EpochManifest[]): { first: Boundary; boundary: Boundary } {
  let boundary: Boundary = base?.boundary ?? {}
  const first: Record<number, Boundary[number]> = { ...base?.first }
  for (const manifest of tail) {
    boundary = boundaryAfter(boundary, manifest)
    for (const p of manifest.partitions) first[p.partition] ??= { offset: p.from, epoch: 0 }
  }
  return { first, boundary }
}

function segmentsOf(base: Snapshot | null, view: ViewDefinition): readonly Segment[] {
  return (base?.segments ?? []).filter((segment) => segment.view === view.name && segment.viewHash === view.hash)
}
