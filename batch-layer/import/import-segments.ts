import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import { type ImportRange, type Segment, segmentId } from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { makeSegment } from '../segments/compute-segment.js'
import { storeCells } from '../segments/store-cells.js'
import type { StreamPlan } from '../stream-plan.js'

/** Accepted rows that one segment is made of at most, so that its cells fit into memory; one part at least. */
const MAX_ROWS_PER_SEGMENT = 1_000_000

type Deps = Pick<BatchDeps, 'lake' | 'warm' | 'search'>

/**
 * Computes and stores a view's segments of one import, unless they are stored already; the ranges are the same whenever it
 * is called, and together they hold every row of the file.
 */
export async function storeImportSegments(
  deps: Deps,
  plan: StreamPlan,
  view: ViewDefinition,
  manifest: ImportManifest,
  run: BatchRun,
): Promise<readonly Segment[]> {
  const segments: Segment[] = []
  for (const range of importChunks(manifest, MAX_ROWS_PER_SEGMENT)) {
    segments.push(await storeImportSegment(deps, plan, view, manifest, range, run))
  }
  return segments
}

/** Rows [0, rows) of an import, cut where its parts are. */
export function importChunks({ sha256, rows, parts }: ImportManifest, maxRows: number): readonly ImportRange[] {
  if (rows === 0) return []
  const cuts: number[] = []
  let held = 0
  for (const part of parts.filter(({ kind }) => kind === 'records')) {
    if (held > 0 && held + part.rows > maxRows) {
      cuts.push(part.from)
      held = 0
    }
    held += part.rows
  }
  const bounds = [0, ...cuts, rows]
  return bounds.slice(1).map((to, i) => ({ sha256, from: bounds[i] as number, to }))
}

async function storeImportSegment(
  deps: Deps,
  { stream }: StreamPlan,
  view: ViewDefinition,
  manifest: ImportManifest,
  range: ImportRange,
  run: BatchRun,
): Promise<Segment> {
  run.signal?.throwIfAborted()
  run.progress?.({ step: 'segment', view: view.name, import: range.sha256, from: range.from })
  const id = segmentId(view.hash, stream.name, [], inputsOf(manifest, range), range)
  const stored = await deps.warm.segment(id)
  if (stored !== null) return stored
  const resolutionMs = view.windows[0]
  if (resolutionMs === undefined) throw new Error(`view "${view.name}" has no window`)
  const found = await deps.lake.imports.aggregate({ view, stream, manifest, ...range, resolutionMs })
  const { segment, cells } = makeSegment(view, stream, { id, ranges: [] }, [found])
  return storeCells(deps, view, { ...segment, imported: range }, cells)
}

function inputsOf({ parts }: ImportManifest, { from, to }: ImportRange): readonly string[] {
  return parts
    .filter((part) => part.kind === 'records' && part.from >= from && part.to <= to)
    .map(({ sha256 }) => sha256)
}
