import { comparePlaces } from './boundary.js'
import { buildSnapshot } from './build-snapshot.js'
import { byView, rangesOf } from './coverage.js'
import type { Segment, SegmentRange } from './segment.js'
import type { Snapshot, SnapshotReason } from './snapshot.js'

/**
 * The snapshot after a backfill, a refresh or a restatement: the given segments take the place of the segments of their
 * views that lie within their ranges; everything else, the boundary included, stays. Called again on the newer base after
 * a lost compare-and-set, it replaces only its own ranges. A segment of another hash than the view's puts that hash in
 * force: the view's other segments are left out and it is building until all of [first, boundary) is covered again.
 *
 * A segment that overlaps others without holding them whole is refused by `validateSnapshot`.
 */
export function replaceSegments(
  base: Snapshot,
  segments: readonly Segment[],
  nowMs: number,
  reason: SnapshotReason = 'backfill',
): Snapshot {
  const hashes = new Map(base.views.map((view) => [view.name, view.hash]))
  for (const segment of segments) hashes.set(segment.view, segment.viewHash)
  const replaced = new Set(replacedBy(base, segments).map((segment) => segment.id))
  const kept = base.segments.filter((old) => !replaced.has(old.id))
  return buildSnapshot({
    stream: base.stream,
    base,
    reason,
    nowMs,
    epochMs: base.epochMs,
    first: base.first,
    boundary: base.boundary,
    views: [...hashes].map(([name, hash]) => ({ name, hash })),
    segments: [...kept, ...segments],
  })
}

/**
 * Segments of a snapshot whose place others take: those of the same view that lie within the others' ranges, joined. A
 * segment without ranges is in nobody's place.
 */
export function replacedBy(base: Snapshot, segments: readonly Segment[]): readonly Segment[] {
  const joined = new Map([...byView(segments)].map(([view, same]) => [view, joinedRanges(same)]))
  return base.segments.filter((old) => {
    const ranges = joined.get(old.view)
    return ranges !== undefined && old.ranges.length > 0 && isWithin(old.ranges, ranges)
  })
}

function joinedRanges(segments: readonly Segment[]): readonly SegmentRange[] {
  const partitions = new Set(segments.flatMap((segment) => segment.ranges.map((range) => range.partition)))
  const joined: SegmentRange[] = []
  for (const partition of partitions) {
    for (const range of rangesOf(segments, partition)) {
      const before = joined.at(-1)
      if (before?.partition === partition && comparePlaces(before.to, range.from) === 0) {
        joined[joined.length - 1] = { ...before, to: range.to }
      } else {
        joined.push(range)
      }
    }
  }
  return joined
}

function isWithin(inner: readonly SegmentRange[], outer: readonly SegmentRange[]): boolean {
  return inner
    .filter((range) => comparePlaces(range.from, range.to) !== 0)
    .every((i) =>
      outer.some(
        (o) => o.partition === i.partition && comparePlaces(o.from, i.from) <= 0 && comparePlaces(i.to, o.to) <= 0,
      ),
    )
}
