import type { EncodedCell } from '../cell/cell.js'
import { mergeEncoded } from '../cell/merge-encoded.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { createCellDiff } from './diff-cells.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'
import type { SnapshotDiff, ViewDiff } from './snapshot-diff.js'

export interface SegmentComparison {
  /** The snapshot that is compared with. */
  readonly base: Snapshot
  /** Its segments that the other side lacks. */
  readonly before: readonly Segment[]
  /** Segments of the other side that it lacks. */
  readonly after: readonly Segment[]
  /** Definitions of today. */
  readonly views: readonly ViewDefinition[]
  /** Cells whose windows start in one UTC event day, by window and then by key; a list per segment. */
  readonly read: (segments: readonly Segment[], day: number) => Promise<readonly (readonly EncodedCell[])[]>
  /** Called before each day of a view that is compared. */
  readonly progress?: (view: string, day: number) => void
}

/**
 * Compares segments cell by cell at the finest window, one UTC event day after the other, so that a day's cells of one view
 * are what has to fit into memory. A row is what the compared segments say of it: where others, the same on both sides,
 * hold rows of the same window, they add to both.
 */
export async function compareSegments(comparison: SegmentComparison): Promise<SnapshotDiff> {
  const { base, before, after } = comparison
  const views: ViewDiff[] = []
  for (const view of [...comparison.views].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const gone = before.filter((segment) => segment.view === view.name)
    const come = after.filter((segment) => segment.view === view.name)
    if (gone.length === 0 && come.length === 0) continue
    const known = base.views.find((one) => one.name === view.name)
    const comparable =
      known !== undefined && !known.building && [...gone, ...come].every((one) => one.viewHash === view.hash)
    views.push(comparable ? await compareView(comparison, view, gone, come) : onlyCounted(view, gone, come))
  }
  return {
    base: base.id,
    views,
    windows: views.reduce((sum, view) => sum + view.windows, 0),
    changedWindows: views.reduce((sum, view) => sum + view.changedWindows, 0),
  }
}

async function compareView(
  { read, progress }: SegmentComparison,
  view: ViewDefinition,
  before: readonly Segment[],
  after: readonly Segment[],
): Promise<ViewDiff> {
  const diff = createCellDiff(view)
  const days = [...new Set([...before, ...after].flatMap((segment) => segment.days))].sort((a, b) => a - b)
  const sides = (day: number) => {
    progress?.(view.name, day)
    return Promise.all([cellsOfDay(read, view, before, day), cellsOfDay(read, view, after, day)])
  }
  let differs = false
  for (const day of days) differs = diff.add(...(await sides(day))) || differs
  if (differs) for (const day of days) diff.addTotals(...(await sides(day)))
  return diff.result()
}

async function cellsOfDay(
  read: SegmentComparison['read'],
  view: ViewDefinition,
  segments: readonly Segment[],
  day: number,
): Promise<readonly EncodedCell[]> {
  const mine = segments.filter((segment) => segment.days.includes(day))
  const lists = mine.length === 0 ? [] : await read(mine, day)
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
