import type { Block } from '../merge/batch-cells.js'
import { blocksOf } from '../merge/blocks.js'
import type { Window } from './time-range.js'

/** The blocks that some windows are made of, and which of them belong to each window. */
export interface Plan {
  readonly blocks: readonly Block[]
  /** Per window, [from, to) in `blocks`. */
  readonly spans: readonly Span[]
}

export interface Span {
  readonly from: number
  readonly to: number
}

export function planOf(sizes: readonly number[], windows: readonly Window[]): Plan {
  const blocks: Block[] = []
  const spans = windows.map(({ startMs, endMs }) => {
    const from = blocks.length
    for (const block of blocksOf(sizes, startMs, endMs)) blocks.push(block)
    return { from, to: blocks.length }
  })
  return { blocks, spans }
}
