import type { EncodedCell } from '../cell/cell.js'
import type { HotPosition } from './hot-position.js'
import type { SegmentRange } from './segment.js'

/** What comparing the two layers gave; `reason` says why they were not compared, or names the first difference. */
export type ParityOutcome =
  | { readonly outcome: 'equal'; readonly reason: null; readonly cellsCompared: number; readonly cellsDifferent: 0 }
  | {
      readonly outcome: 'different'
      readonly reason: string
      readonly cellsCompared: number
      readonly cellsDifferent: number
    }
  | { readonly outcome: 'uncompared'; readonly reason: string; readonly cellsCompared: 0; readonly cellsDifferent: 0 }

export interface ParityInput {
  readonly view: string
  /** What was sealed: offsets and epochs, from inclusive, to exclusive. Ranges of several partitions are compared as one sum. */
  readonly ranges: readonly SegmentRange[]
  /** Hot state per partition, read in the same step as its cells; null where there is none. */
  readonly hot: ReadonlyMap<number, HotPosition | null>
  /** Hot cells at the finest window of the epochs in the ranges, merged over epochs and partitions. */
  readonly hotCells: readonly EncodedCell[]
  /** The batch layer's cells of the same ranges. */
  readonly batchCells: readonly EncodedCell[]
  /** Whether two register texts agree; by default where they are the same text. Views with a `real` pass their tolerance. */
  readonly same?: (hot: string, batch: string) => boolean
}

/**
 * Why the two layers cannot be compared over a range; null where they can. Hot state must have reached the end of the
 * range, must have begun at or before its start, and must not have dropped any of its epochs.
 */
export function uncomparable(range: SegmentRange, hot: HotPosition | null): string | null {
  const { partition, from, to } = range
  if (!hot) return `partition ${partition} has no hot state`
  if (hot.next < to.offset) return `partition ${partition}: hot state has reached offset ${hot.next} of ${to.offset}`
  if (hot.since > from.offset)
    return `partition ${partition}: hot state began at offset ${hot.since}, after ${from.offset}`
  if (hot.floor > from.epoch)
    return `partition ${partition}: epochs below ${hot.floor} were dropped, the range begins in ${from.epoch}`
  return null
}

/** Compares what the speed layer and the batch layer made of the same records. */
export function compareParity(input: ParityInput): ParityOutcome {
  for (const range of input.ranges) {
    const reason = uncomparable(range, input.hot.get(range.partition) ?? null)
    if (reason) return { outcome: 'uncompared', reason, cellsCompared: 0, cellsDifferent: 0 }
  }
  const same = input.same ?? ((hot, batch) => hot === batch)
  const batch = new Map(input.batchCells.map((cell) => [cell.key, cell.registers]))
  let cellsDifferent = 0
  let reason: string | null = null
  const differs = (key: string, hot: string | undefined, sealed: string | undefined) => {
    cellsDifferent++
    reason ??= `view "${input.view}", cell ${key}: speed ${hot ?? 'has none'}, batch ${sealed ?? 'has none'}`
  }
  for (const cell of input.hotCells) {
    const sealed = batch.get(cell.key)
    batch.delete(cell.key)
    if (sealed === undefined || !same(cell.registers, sealed)) differs(cell.key, cell.registers, sealed)
  }
  for (const [key, sealed] of batch) differs(key, undefined, sealed)
  const cellsCompared = input.hotCells.length + batch.size
  return reason === null
    ? { outcome: 'equal', reason, cellsCompared, cellsDifferent: 0 }
    : { outcome: 'different', reason, cellsCompared, cellsDifferent }
}
