import { freeze } from '../freeze.js'
import type { Boundary } from './boundary.js'
import { byView, missingRanges } from './coverage.js'
import { type ImportedFile, missingImports } from './import-range.js'
import type { Segment } from './segment.js'
import type { Snapshot, SnapshotReason } from './snapshot.js'
import { snapshotId } from './snapshot-id.js'

/** What a new snapshot is made of. */
export interface SnapshotParts {
  readonly stream: string
  readonly base: Snapshot | null
  readonly reason: SnapshotReason
  readonly nowMs: number
  readonly epochMs: number
  readonly first: Boundary
  readonly boundary: Boundary
  /** Views in force, in any order: segments of other views or other hashes are left out. */
  readonly views: readonly { readonly name: string; readonly hash: string }[]
  readonly segments: readonly Segment[]
  /** Files imported with this snapshot; those of the base stay in any case. */
  readonly imported?: readonly ImportedFile[]
}

/** Puts a snapshot together: next sequence, segments of the views in force alone, each once, and which views are whole. */
export function buildSnapshot(parts: SnapshotParts): Snapshot {
  const hashes = new Map(parts.views.map((view) => [view.name, view.hash]))
  const inForce = new Map<string, Segment>()
  for (const segment of parts.segments)
    if (hashes.get(segment.view) === segment.viewHash) inForce.set(segment.id, segment)
  const segments = [...inForce.values()]
  const ofView = byView(segments)
  const imports = new Map(
    [...(parts.base?.imports ?? []), ...(parts.imported ?? [])].map((file) => [file.sha256, file]),
  )
  const files = [...imports.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  const contents = {
    stream: parts.stream,
    sequence: (parts.base?.sequence ?? 0) + 1,
    base: parts.base?.id ?? null,
    reason: parts.reason,
    epochMs: parts.epochMs,
    first: parts.first,
    boundary: parts.boundary,
    views: [...hashes]
      .sort((a, b) => (a[0] < b[0] ? -1 : 1))
      .map(([name, hash]) => ({
        name,
        hash,
        building:
          missingRanges(parts.first, parts.boundary, ofView.get(name) ?? []).length > 0 ||
          missingImports(files, ofView.get(name) ?? []).length > 0,
      })),
    imports: files,
    segments,
  }
  return freeze({ id: snapshotId(contents), ...contents, publishedAtMs: parts.nowMs })
}
