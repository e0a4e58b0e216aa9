import { buildSnapshot } from './build-snapshot.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'

/**
 * The snapshot that puts other definitions in force, all of a stream's at once, as one fold and one keyspace serve them
 * together: views that did not change keep their segments, those that did get the given ones, dropped ones go. The
 * boundary stays.
 *
 * @param views every view fed by the stream by today's definitions, its ledger included
 * @throws Error naming a view whose segments do not cover all that is in force: it could not be answered
 */
export function restateViews(
  base: Snapshot,
  views: readonly { readonly name: string; readonly hash: string }[],
  segments: readonly Segment[],
  nowMs: number,
): Snapshot {
  const { stream, epochMs, first, boundary } = base
  const next = buildSnapshot({
    ...{ stream, base, reason: 'restate', nowMs, epochMs, first, boundary, views },
    segments: [...base.segments, ...segments],
  })
  const building = next.views.find((view) => view.building)
  if (building)
    throw new Error(`stream "${stream}": view "${building.name}" is not computed whole, so it cannot take over`)
  return next
}
