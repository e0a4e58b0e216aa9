import type { Block } from './batch-cells.js'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * Sizes in which a view's cells are merged and kept: its windows, then an hour and a day where they are whole multiples
 * of the one before. Ascending; each divides the next.
 */
export function blockSizes(windows: readonly number[]): readonly number[] {
  const sizes: number[] = []
  for (const size of [...new Set([...windows, HOUR_MS, DAY_MS])].sort((a, b) => a - b)) {
    const last = sizes.at(-1)
    if (last === undefined || size % last === 0) sizes.push(size)
  }
  return sizes
}

/**
 * The fewest blocks that together are [fromMs, toMs): whole hours or days where they lie inside, finer ones at the ends.
 * Both bounds are multiples of the finest size.
 */
export function blocksOf(sizes: readonly number[], fromMs: number, toMs: number): readonly Block[] {
  const blocks: Block[] = []
  let at = fromMs
  while (at < toMs) {
    const sizeMs = sizes.findLast((size) => at % size === 0 && at + size <= toMs)
    if (sizeMs === undefined) {
      throw new RangeError(
        `[${fromMs}, ${toMs}) is not made of whole windows of ${sizes[0]} ms: no block fits at ${at}`,
      )
    }
    blocks.push({ sizeMs, startMs: at })
    at += sizeMs
  }
  return blocks
}
