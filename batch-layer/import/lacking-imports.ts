import type { ViewDefinition } from '../../core/define/view-definition.js'
import { missingImports, type Segment, type Snapshot } from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'
import { storeImportSegments } from './import-segments.js'

/** Segments of the imports in force that a view lacks: it is new, or has changed since. */
export async function lackingImports(
  deps: Pick<BatchDeps, 'lake' | 'warm' | 'search'>,
  plan: StreamPlan,
  view: ViewDefinition,
  base: Snapshot | null,
  run: BatchRun,
): Promise<readonly Segment[]> {
  const own = (base?.segments ?? []).filter(({ view: name, viewHash }) => name === view.name && viewHash === view.hash)
  const lacking = new Set(missingImports(base?.imports ?? [], own).map(({ sha256 }) => sha256))
  const segments: Segment[] = []
  for (const sha256 of lacking) {
    const manifest = await deps.lake.imports.manifest(plan.stream.name, sha256)
    if (manifest === null)
      throw new Error(`stream "${plan.stream.name}": import ${sha256} is in force, but not in the lake`)
    segments.push(...(await storeImportSegments(deps, plan, view, manifest, run)))
  }
  return segments
}
