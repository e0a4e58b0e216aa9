import type { EncodedCell } from '../../core/cell/cell.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  createCellDiff,
  replacedBy,
  type Segment,
  type Snapshot,
  type SnapshotDiff,
  type ViewDiff,
} from '../../core/seam/index.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import type { BatchRun } from '../batch-deps.js'
import { boundedParallel } from '../bounded-parallel.js'
import type { StreamPlan } from '../stream-plan.js'

/** Segments read from MongoDB at once. */
const READS_AT_ONCE = 4

/**
 * Compares segments with those in force whose place they would take, cell by cell at the finest window, one UTC event day
 * after the other, so that a day's cells of one view are what has to fit into memory.
 */
export async function diffSegments(
  warm: Pick<WarmStore, 'cells'>,
  plan: StreamPlan,
  base: Snapshot,
  segments: readonly Segment[],
  run: BatchRun,
): Promise<SnapshotDiff> {
  const held = new Set(base.segments.map((segment) => segment.id))
  const fresh = segments.filter((segment) => !held.has(segment.id))
  const incoming = new Set(segments.map((segment) => segment.id))
  // a segment that stays as it is on both sides says the same on both
  const replaced = replacedBy(base, segments).filter((segment) => !incoming.has(segment.id))
  const views: ViewDiff[] = []
  for (const view of [...plan.views].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const before = replaced.filter((segment) => segment.view === view.name)
    const after = fresh.filter((segment) => segment.view === view.name)
    if (before.length === 0 && after.length === 0) continue
    const known = base.views.find((one) => one.name === view.name)
    // what a view lacks while it is building is no correction of anything
    const redefined = known === undefined || known.hash !== view.hash || known.building
    views.push(redefined ? onlyCounted(view, before, after) : await compareView(warm, view, before, after, run))
  }
  return {
    base: base.id,
    views,
    windows: views.reduce((sum, view) => sum + view.windows, 0),
    changedWindows: views.reduce((sum, view) => sum + view.changedWindows, 0),
  }
}

async function compareView(
  warm: Pick<WarmStore, 'cells'>,
  view: ViewDefinition,
  before: readonly Segment[],
  after: readonly Segment[],
  run: BatchRun,
): Promise<ViewDiff> {
  const diff = createCellDiff(view)
  const days = [...new Set([...before, ...after].flatMap((segment) => segment.days))].sort((a, b) => a - b)
  const sides = async (day: number) => {
    run.signal?.throwIfAborted()
    run.progress?.({ step: 'compare', view: view.name, day })
    return [await cellsOfDay(warm, view, before, day), await cellsOfDay(warm, view, after, day)] as const
  }
  let differs = false
  for (const day of days) differs = diff.add(...(await sides(day))) || differs
  if (differs) for (const day of days) diff.addTotals(...(await sides(day)))
  return diff.result()
}

async function cellsOfDay(
  warm: Pick<WarmStore, 'cells'>,
  view: ViewDefinition,
  segments: readonly Segment[],
  day: number,
): Promise<readonly EncodedCell[]> {
  const mine = segments.filter((segment) => segment.days.includes(day))
  const lists = await boundedParallel(mine, READS_AT_ONCE, ({ id }) => warm.cells(id, { fromDay: day, toDay: day }))
  const [only, ...others] = lists
  return only !== undefined && others.length === 0 ? only : mergeEncoded(view, lists)
}

/** Rows of two definitions cannot be compared, their registers mean other things; a view that is building has no answer yet. */
function onlyCounted(view: ViewDefinition, before: readonly Segment[], after: readonly Segment[]): ViewDiff {
  const cells = (segments: readonly Segment[]) => segments.reduce((sum, segment) => sum + segment.cells, 0)
  return {
    view: view.name,
    redefined: true,
    windows: 0,
    changedWindows: 0,
    rowsAdded: cells(after),
    rowsRemoved: cells(before),
    rowsChanged: 0,
    totals: [],
    movers: [],
  }
}
