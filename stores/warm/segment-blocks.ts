import { createHash } from 'node:crypto'
import type { Segment } from '../../core/seam/segment.js'

/** Segments of one block. */
export const BLOCK_SEGMENTS = 32

/**
 * A run of a snapshot's segments, all of one view. Its id is made from its content, so that consecutive snapshots, which
 * differ in a few segments, share all other blocks, and publishing costs the same however long the history is.
 */
export interface SegmentBlock {
  readonly _id: string
  readonly segments: readonly Segment[]
}

/** Blocks of the segments, view by view in the order of their first segments; within a view the order is kept. */
export function blocksOf(segments: readonly Segment[]): readonly SegmentBlock[] {
  const views = new Map<string, Segment[]>()
  for (const segment of segments) {
    const ofView = views.get(segment.view)
    if (ofView === undefined) views.set(segment.view, [segment])
    else ofView.push(segment)
  }
  const blocks: SegmentBlock[] = []
  for (const ofView of views.values()) {
    for (let i = 0; i < ofView.length; i += BLOCK_SEGMENTS) {
      const run = ofView.slice(i, i + BLOCK_SEGMENTS)
      blocks.push({ _id: createHash('sha256').update(JSON.stringify(run)).digest('hex').slice(0, 32), segments: run })
    }
  }
  return blocks
}
