import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { StreamPlan } from '../stream-plan.js'
import { localArchiver } from './local-archiver.js'
import type { Archiver } from './range-archive.js'
import { threadArchiver } from './thread-archiver.js'

/**
 * Few records are archived in the calling thread; from `threadFromOffsets` on a thread of its own decodes and writes,
 * which costs some 60 MB and a fraction of a second, and lets reading go on meanwhile.
 */
export function adaptiveArchiver(lake: LakeStore, threadFromOffsets: number) {
  return async (plan: StreamPlan, offsets: number): Promise<Archiver> =>
    offsets < threadFromOffsets ? localArchiver(lake, plan.stream) : threadArchiver(lake.root, plan.stream)
}
