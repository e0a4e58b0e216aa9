import { comparePlaces } from './boundary.js'
import { buildSnapshot } from './build-snapshot.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'

/**
 * The snapshot after a backfill: each given segment takes the place of the segments of its view that lie within its
 * ranges; everything else, the boundary included, stays. Called again on the newer base after a lost compare-and-set, it
 * replaces only its own ranges. A segment of another hash than the view's puts that hash in force: the view's other
 * segments are left out and it is building until all of [first, boundary) is covered again.
 *
 * A segment that overlaps others without holding them whole is refused by `validateSnapshot`.
 */
export function replaceSegments(base: Snapshot, segments: readonly Segment[], nowMs: number): Snapshot {
  const hashes = new Map(base.views.map((view) => [view.name, view.hash]))
  for (const segment of segments) hashes.set(segment.view, segment.viewHash)
  const kept = base.segments.filter((old) => !segments.some((replacement) => within(old, replacement)))
  return buildSnapshot({
    stream: base.stream,
    base,
    reason: 'backfill',
    nowMs,
    epochMs: base.epochMs,
    first: base.first,
    boundary: base.boundary,
    views: [...hashes].map(([name, hash]) => ({ name, hash })),
    segments: [...kept, ...segments],
  })
}

/** Whether every range of `inner` lies within a range of `outer`, of the same view. */
function within(inner: Segment, outer: Segment): boolean {
  if (inner.view !== outer.view) return false
  const ranges = inner.ranges.filter((range) => comparePlaces(range.from, range.to) !== 0)
  return ranges.every((i) =>
    outer.ranges.some(
      (o) => o.partition === i.partition && comparePlaces(o.from, i.from) <= 0 && comparePlaces(i.to, o.to) <= 0,
    ),
  )
}
