import type { ImportRange } from './import-range.js'
import type { SegmentRange } from './segment.js'
import { sha256Hex } from './sha256-hex.js'

/**
 * Id of a segment, made from its contents' origin alone, so that computing it again writes the same segment again.
 *
 * @param viewHash of the definition that computed it
 * @param ranges what it covers, in any order
 * @param inputs what it was computed from, in any order: the sha256 of each part file
 * @param imported rows of an imported file that it was computed from, instead of ranges
 * @returns 32 hex digits
 */
export function segmentId(
  viewHash: string,
  stream: string,
  ranges: readonly SegmentRange[],
  inputs: readonly string[],
  imported?: ImportRange,
): string {
  const covered = ranges
    .map((r) => [r.partition, r.from.offset, r.from.epoch, r.to.offset, r.to.epoch] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  return sha256Hex(
    JSON.stringify([
      viewHash,
      stream,
      covered,
      [...inputs].sort(),
      ...(imported ? [[imported.sha256, imported.from, imported.to]] : []),
    ]),
  ).slice(0, 32)
}
