import {
  type Boundary,
  comparePlaces,
  extendSnapshot,
  partitionsOf,
  replaceSegments,
  type Segment,
  type Snapshot,
} from '../../core/seam/index.js'
import type { BatchDeps } from '../batch-deps.js'
import type { SegmentWork } from '../segments/build-segments.js'
import { unpublishedManifests } from '../segments/unpublished.js'
import type { StreamPlan } from '../stream-plan.js'
import { publishNext } from './publish-next.js'

/**
 * Thrown when segments no longer fit what is in force: they are to be computed again. Likely causes:
 * - another run moved the boundary after they were computed
 * - a worker with other definitions took over between computing and publishing
 */
export class StaleSegmentsError extends Error {
  override readonly name = 'StaleSegmentsError'
  constructor(
    readonly stream: string,
    readonly base: string | null,
    detail: string,
  ) {
    super(`stream "${stream}": segments were computed behind snapshot ${base}, but ${detail}`)
  }
}

/**
 * Publishes the segments of a seal: the boundary moves past the sealed epochs. Publishing the same work twice changes
 * nothing.
 *
 * @throws StaleSegmentsError where the boundary was moved by another run, or the views are not those of the segments
 */
export async function publishSegments(
  deps: Pick<BatchDeps, 'lake' | 'warm' | 'clock' | 'logger'>,
  plan: StreamPlan,
  work: SegmentWork,
): Promise<Snapshot | null> {
  const { stream, epochMs, views } = plan
  if (work.viewSet !== plan.keyspace.viewSet) {
    throw new StaleSegmentsError(
      stream.name,
      work.base,
      `by the view set ${work.viewSet}, which is now ${plan.keyspace.viewSet}`,
    )
  }
  const ids = [...work.fresh, ...work.history]
  const segments = await Promise.all(ids.map((id) => storedSegment(deps, id)))
  const worked = work.base === null ? null : await deps.warm.snapshot(work.base)
  return publishNext(deps, stream.name, async (base) => {
    const held = new Set(base?.segments.map((segment) => segment.id))
    if (segments.every((segment) => held.has(segment.id))) return null
    if (!sameBoundary(base?.boundary ?? {}, worked?.boundary ?? {})) {
      throw new StaleSegmentsError(stream.name, work.base, `${base?.id ?? 'no snapshot'} has another boundary`)
    }
    const nowMs = deps.clock.now()
    const unpublished = await unpublishedManifests(deps.lake, stream.name, epochMs, base)
    // what was sealed after the segments were computed has none yet and stays for the next run
    const manifests = unpublished.filter((manifest) => manifest.epoch <= work.throughEpoch)
    if (manifests.length > 0) return extendSnapshot({ base, manifests, views, segments, nowMs })
    if (base === null) throw new Error(`stream "${stream.name}": segments of no sealed epoch cannot be published`)
    return replaceSegments(base, segments, nowMs)
  })
}

async function storedSegment(deps: Pick<BatchDeps, 'warm'>, id: string): Promise<Segment> {
  const segment = await deps.warm.segment(id)
  if (segment === null) throw new Error(`segment ${id} is to be published, but is not stored`)
  return segment
}

function sameBoundary(a: Boundary, b: Boundary): boolean {
  const [left, right] = [partitionsOf(a), partitionsOf(b)]
  return (
    left.length === right.length &&
    left.every(([partition, at]) => {
      const other = b[partition]
      return other !== undefined && comparePlaces(at, other) === 0
    })
  )
}
