import type { Segment } from './segment.js'
import { sha256Hex } from './sha256-hex.js'

/** Hex sha256 over segments' ids and checksums in the order given: equal inputs and equal cells, equal checksum. */
export function segmentsChecksum(segments: readonly Pick<Segment, 'id' | 'checksum'>[]): string {
  return sha256Hex(segments.map(({ id, checksum }) => `${id} ${checksum}\n`).join(''))
}
