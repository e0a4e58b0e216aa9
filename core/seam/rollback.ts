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
 * @throws Error naming view, partition and offsets where a current segment holds records from both sides of the old boundary
 */
export function rollback(old: Snapshot, current: Snapshot, nowMs: number): Snapshot {
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
  const returning = new Set(
    current.views
      .filter((now) => old.views.some((was) => was.name === now.name && was.hash === now.hash))
      .map((v) => v.name),
  )
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
          (isImport(segment) ? !had.has(segment.imported.sha256) : isLater(segment, old.boundary)),
      ),
    ],
  })
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
