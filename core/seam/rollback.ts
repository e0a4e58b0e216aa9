import { type Boundary, comparePlaces, partitionsOf } from './boundary.js'
import { buildSnapshot } from './build-snapshot.js'
import type { ImportRange } from './import-range.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'

/**
 * A new snapshot with the contents of an old one for what that one covered, and the current segments for everything later.
 * The boundary does not go back: the hot epochs below it may be dropped already. Definitions do not go back either: a view
 * whose hash changed since, or that is new, keeps its current segments; one that is no longer in force stays out. Files
 * imported since stay: like a later epoch they are not what the old snapshot says anything about.
 *
 * @param old the snapshot whose contents come back
 * @param current the snapshot in force, which the new one is built on
 * @param cut segments that hold the later half of those that `straddling` names
 * @throws Error naming view, partition and offsets where a current segment holds records from both sides of the old boundary
 *   and no `cut` takes its place
 */
export function rollback(old: Snapshot, current: Snapshot, nowMs: number, cut: readonly Segment[] = []): Snapshot {
  if (old.stream !== current.stream) {
    throw new Error(`stream "${current.stream}": cannot be rolled back to a snapshot of "${old.stream}"`)
  }
  for (const [partition, at] of partitionsOf(old.boundary)) {
    const now = current.boundary[partition]
    if (!now || comparePlaces(at, now) > 0) {
      throw new Error(
        `stream "${old.stream}", partition ${partition}: snapshot ${old.id} ends beyond ${current.id}, which is in force`,
      )
    }
  }
  const returning = returningViews(old, current)
  const isCut = new Set(cut.map((segment) => segment.view))
  const had = new Set(old.imports.map((file) => file.sha256))
  return buildSnapshot({
    stream: current.stream,
    base: current,
    reason: 'rollback',
    nowMs,
    epochMs: current.epochMs,
    first: current.first,
    boundary: current.boundary,
    views: current.views,
    segments: [
      ...old.segments.filter((segment) => returning.has(segment.view)),
      ...current.segments.filter(
        (segment) =>
          !returning.has(segment.view) ||
          (isImport(segment)
            ? !had.has(segment.imported.sha256)
            : !(isCut.has(segment.view) && straddles(segment, old.boundary)) && isLater(segment, old.boundary)),
      ),
      ...cut,
    ],
  })
}

/**
 * Current segments, after a compaction, that hold records from both sides of an old boundary, of views that would be
 * rolled back: what they hold beyond it has to be computed as segments of its own.
 */
export function straddling(old: Snapshot, current: Snapshot): readonly Segment[] {
  const returning = returningViews(old, current)
  return current.segments.filter((segment) => returning.has(segment.view) && straddles(segment, old.boundary))
}

/** Views of the same definition then and now. */
function returningViews(old: Snapshot, current: Snapshot): ReadonlySet<string> {
  const same = current.views.filter((now) => old.views.some((was) => was.name === now.name && was.hash === now.hash))
  return new Set(same.map((view) => view.name))
}

function straddles(segment: Segment, boundary: Boundary): boolean {
  const ranges = segment.ranges.filter((range) => comparePlaces(range.from, range.to) !== 0)
  const beyond = ranges.some(({ partition, to }) => {
    const at = boundary[partition]
    return at === undefined || comparePlaces(to, at) > 0
  })
  const below = ranges.some(({ partition, from }) => {
    const at = boundary[partition]
    return at !== undefined && comparePlaces(from, at) < 0
  })
  return below && beyond
}

/** True where all of the segment lies at or beyond the boundary, false where all of it lies below. */
function isLater(segment: Segment, boundary: Boundary): boolean {
  let below = 0
  let beyond = 0
  for (const range of segment.ranges) {
    if (comparePlaces(range.from, range.to) === 0) continue
    const at = boundary[range.partition]
    if (!at || comparePlaces(range.from, at) >= 0) beyond++
    else if (comparePlaces(range.to, at) <= 0) below++
    if ((below > 0 && beyond > 0) || (at && comparePlaces(range.from, at) < 0 && comparePlaces(range.to, at) > 0)) {
      throw new Error(
        `view "${segment.view}": segment ${segment.id} holds offsets ${range.from.offset} to ${range.to.offset} (exclusive) of partition ${range.partition} and lies on both sides of the boundary ${at?.offset}; roll back to a snapshot that has it whole`,
      )
    }
  }
  return beyond > 0
}

function isImport(segment: Segment): segment is Segment & { readonly imported: ImportRange } {
  return segment.imported !== undefined
}
