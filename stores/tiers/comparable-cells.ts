import type { EncodedCell } from '../../core/cell/cell.js'
import { coarsen } from '../../core/cell/coarsen.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/segment.js'
import type { WarmStore } from '../warm/warm-port.js'
import type { SegmentCells } from './segment-cells.js'

/**
 * A reader for comparing segments of views with each other: of a day that one of them holds in coarse windows alone, all
 * of them are read in those.
 */
export async function comparableCells(
  warm: Pick<WarmStore, 'tiers' | 'cellsOfDay'>,
  source: SegmentCells,
  views: readonly ViewDefinition[],
  segments: readonly Segment[],
): Promise<(segments: readonly Segment[], day: number) => Promise<readonly (readonly EncodedCell[])[]>> {
  const tiers = await warm.tiers(segments)
  const coarseOf = (view: string, day: number): number =>
    Math.max(
      0,
      ...segments.map((segment) => {
        const lies = segment.view === view ? tiers.get(segment.id) : undefined
        return lies !== undefined && day < lies.warmFrom ? lies.cold.resolutionMs : 0
      }),
    )
  const coarse = async (segment: Segment, day: number): Promise<readonly EncodedCell[]> => {
    const { cells, resolutionMs } = await source.read(segment, day)
    const view = views.find(({ name }) => name === segment.view)
    const coarseMs = coarseOf(segment.view, day)
    if ((resolutionMs ?? 0) > coarseMs)
      throw new Error(
        `segment ${segment.id}: its cells of day ${day} went to the cold tier while it was compared; compare again`,
      )
    return coarseMs === 0 || view === undefined ? cells : coarsen(view, cells, coarseMs)
  }
  return (some, day) =>
    tiers.size === 0 ? warm.cellsOfDay(some, day) : Promise.all(some.map((segment) => coarse(segment, day)))
}
