import { type Segment, segmentsChecksum } from '../../core/seam/index.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'

/** Descriptors of segments that are to be published. @throws Error naming one that is not stored */
export async function storedSegments(
  warm: Pick<WarmStore, 'segment'>,
  ids: readonly string[],
): Promise<readonly Segment[]> {
  return Promise.all(
    ids.map(async (id) => {
      const segment = await warm.segment(id)
      if (segment === null) throw new Error(`segment ${id} is to be published, but is not stored`)
      return segment
    }),
  )
}

/** Hex sha256 over stored segments in the order given: equal inputs, equal checksum, however often they are computed. */
export async function storedChecksum(warm: Pick<WarmStore, 'segment'>, ids: readonly string[]): Promise<string> {
  return segmentsChecksum(await storedSegments(warm, ids))
}
