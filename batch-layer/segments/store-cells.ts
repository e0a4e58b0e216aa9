import type { EncodedCell } from '../../core/cell/cell.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { coldResolution } from '../../core/define/cold-resolution.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/index.js'
import { dayStart } from '../../core/time/day-start.js'
import type { LedgerEntry } from '../../stores/warm/warm-port.js'
import type { BatchDeps } from '../batch-deps.js'
import { boundedParallel } from '../bounded-parallel.js'

/** A segment whose cells are known; they are held until it is stored. */
export interface ComputedSegment {
  /** False where it was stored before: then nothing was computed. */
  readonly fresh: boolean
  /** @returns the descriptor in force */
  store(): Promise<Segment>
}

/**
 * Writes a segment's cells, invisible until a snapshot names it: the descriptor in MongoDB comes last, so that where it is,
 * everything else of the segment is. Repeatable.
 *
 * @param ledger what a ledger's cells say per partition and epoch
 * @returns the descriptor in force: sums of reals may differ in their last bits when computed again, and what is stored stays
 */
export function storeCells(
  { warm, search }: Pick<BatchDeps, 'warm' | 'search'>,
  view: ViewDefinition,
  segment: Segment,
  cells: readonly EncodedCell[],
  ledger: readonly LedgerEntry[] = [],
): Promise<Segment> {
  const writes = [() => putDocuments(search, view, segment, cells), () => warm.putLedger(ledger)]
  const elsewhere = boundedParallel(writes, writes.length, (write) => write())
  return warm.putSegment(segment, cells, elsewhere)
}

async function putDocuments(
  search: BatchDeps['search'],
  view: ViewDefinition,
  segment: Segment,
  cells: readonly EncodedCell[],
): Promise<void> {
  if (cells.length === 0) return
  await search.ensureView(view)
  const hours = coarsen(view, cells, coldResolution(view))
  await search.putSegment(view, segment, { hours, days: coarsen(view, hours, (start) => dayStart(start, view.zone)) })
}
