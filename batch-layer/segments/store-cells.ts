import type { EncodedCell } from '../../core/cell/cell.js'
import { coarsen } from '../../core/cell/coarsen.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/index.js'
import type { BatchDeps } from '../batch-deps.js'

/**
 * Writes a segment's cells, invisible until a snapshot names it: documents first, the descriptor in MongoDB last, so that
 * where it is, everything else of the segment is. Repeatable.
 *
 * @returns the descriptor in force: sums of reals may differ in their last bits when computed again, and what is stored stays
 */
export async function storeCells(
  deps: Pick<BatchDeps, 'warm' | 'search'>,
  view: ViewDefinition,
  segment: Segment,
  cells: readonly EncodedCell[],
): Promise<Segment> {
  const coarsestMs = view.windows.at(-1)
  if (cells.length > 0 && coarsestMs !== undefined) {
    await deps.search.ensureView(view)
    await deps.search.putSegment(view, segment, coarsen(view, cells, coarsestMs))
  }
  return deps.warm.putSegment(segment, cells)
}
