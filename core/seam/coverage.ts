import { type Boundary, comparePlaces, type PartitionBoundary, partitionsOf } from './boundary.js'
import type { Segment, SegmentRange } from './segment.js'

/**
 * The parts of [first, boundary) that a view's segments do not cover, per partition ascending. Empty: the view is whole.
 *
 * @param segments of one view; they must not overlap (`checkOverlap`)
 */
export function missingRanges(
  first: Boundary,
  boundary: Boundary,
  segments: readonly Segment[],
): readonly SegmentRange[] {
  const missing: SegmentRange[] = []
  for (const [partition, end] of partitionsOf(boundary)) {
    let at: PartitionBoundary = first[partition] ?? end
    for (const range of rangesOf(segments, partition)) {
      if (comparePlaces(range.from, at) > 0) missing.push({ partition, from: at, to: range.from })
      if (comparePlaces(range.to, at) > 0) at = range.to
    }
    if (comparePlaces(end, at) > 0) missing.push({ partition, from: at, to: end })
  }
  return missing
}

/** Non-empty ranges of some segments in one partition, in order. */
export function rangesOf(segments: readonly Segment[], partition: number): readonly SegmentRange[] {
  return segments
    .flatMap((segment) => segment.ranges)
    .filter((range) => range.partition === partition && comparePlaces(range.from, range.to) !== 0)
    .sort((a, b) => comparePlaces(a.from, b.from) || comparePlaces(a.to, b.to))
}

/** Segments by the name of their view. */
export function byView(segments: readonly Segment[]): ReadonlyMap<string, readonly Segment[]> {
  const views = new Map<string, Segment[]>()
  for (const segment of segments) {
    const same = views.get(segment.view)
    if (same) same.push(segment)
    else views.set(segment.view, [segment])
  }
  return views
}
