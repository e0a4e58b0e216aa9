import type { ViewDefinition } from '../../core/define/view-definition.js'
import { missingRanges } from '../../core/seam/coverage.js'
import { missingImports } from '../../core/seam/import-range.js'
import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot } from '../../core/seam/snapshot.js'

/** How far a view's segments reach, in offsets over all partitions and rows over all imported files. */
export interface Progress {
  readonly covered: number
  readonly total: number
}

/** A snapshot as queries read it: per view of the definitions in use, its segments and whether they are whole. */
export interface ActiveSnapshot {
  readonly snapshot: Snapshot
  /** Segments whose hash is the view's own, by view name; cells of another definition are never merged. */
  readonly segments: ReadonlyMap<string, readonly Segment[]>
  /** Views that cannot be answered yet, with how far they have come. */
  readonly building: ReadonlyMap<string, Progress>
}

export function activeSnapshot(snapshot: Snapshot, views: readonly ViewDefinition[]): ActiveSnapshot {
  const segments = new Map<string, readonly Segment[]>()
  const building = new Map<string, Progress>()
  for (const view of views) {
    const own = snapshot.segments.filter((segment) => segment.view === view.name && segment.viewHash === view.hash)
    segments.set(view.name, own)
    const missing = missingRanges(snapshot.first, snapshot.boundary, own)
    const lacking = missingImports(snapshot.imports, own)
    if (missing.length > 0 || lacking.length > 0) {
      const total =
        offsets(missingRanges(snapshot.first, snapshot.boundary, [])) +
        rows(snapshot.imports.map(({ rows }) => ({ from: 0, to: rows })))
      building.set(view.name, { covered: total - offsets(missing) - rows(lacking), total })
    }
  }
  return { snapshot, segments, building }
}

function offsets(ranges: ReturnType<typeof missingRanges>): number {
  return ranges.reduce((sum, range) => sum + range.to.offset - range.from.offset, 0)
}

function rows(ranges: readonly { readonly from: number; readonly to: number }[]): number {
  return ranges.reduce((sum, range) => sum + range.to - range.from, 0)
}
