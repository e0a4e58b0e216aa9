import { partitionsOf } from './boundary.js'
import { sha256Hex } from './sha256-hex.js'
import type { Snapshot } from './snapshot.js'

/** Everything of a snapshot but its id and the time of its publication. */
export type SnapshotContents = Omit<Snapshot, 'id' | 'publishedAtMs'>

/**
 * Id of a snapshot, made from its contents and not from the time, so that building it again after a lost reply is seen
 * as the same snapshot.
 *
 * @returns `<sequence>-<24 hex digits>`
 */
export function snapshotId(contents: SnapshotContents): string {
  const text = JSON.stringify([
    contents.stream,
    contents.sequence,
    contents.base,
    contents.reason,
    contents.epochMs,
    partitionsOf(contents.first).map(([p, at]) => [p, at.offset, at.epoch]),
    partitionsOf(contents.boundary).map(([p, at]) => [p, at.offset, at.epoch]),
    contents.views.map((v) => [v.name, v.hash, v.building]),
    contents.segments.map((s) => s.id).sort(),
    ...(contents.imports.length === 0 ? [] : [contents.imports.map((file) => [file.sha256, file.overlap])]),
  ])
  return `${contents.sequence}-${sha256Hex(text).slice(0, 24)}`
}
