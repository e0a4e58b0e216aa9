import type { ImportManifest } from '../../core/seam/import-manifest.js'
import { addImport, type Segment, type Snapshot, segmentsChecksum } from '../../core/seam/index.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { publishNext } from '../publish/publish-next.js'
import { StaleSegmentsError } from '../publish/publish-segments.js'
import type { StreamPlan } from '../stream-plan.js'
import { ImportOverlapError } from './import-errors.js'
import { storeImportSegments } from './import-segments.js'
import { dayText, overlappingDays } from './overlap.js'

/** An import that is in the lake and is to be put in force. */
export interface ImportChoice {
  readonly sha256: string
  /** Why it may cover days on which the stream has data of its own; null: it must not. */
  readonly overlap: string | null
}

/** Segments of an import that are written and not yet in force; references only. */
export interface ImportWork extends ImportChoice {
  readonly stream: string
  readonly viewSet: string
  readonly segments: readonly string[]
  /** The file was in force before: there is nothing to compute. */
  readonly already: boolean
}

/** What became of it. */
export interface PublishedImport {
  /** The snapshot in force afterwards. */
  readonly snapshot: string
  /** True where the file was in force before its segments were to be computed: nothing was published. */
  readonly already: boolean
  /** Hex sha256 over the segments in force of the file: the same again, the same checksum. */
  readonly checksum: string
}

type Deps = Pick<BatchDeps, 'lake' | 'warm' | 'hot' | 'search' | 'clock' | 'logger'>

/**
 * Computes what an import adds to every view of the stream. Repeating it finds what is stored already.
 *
 * @throws ImportOverlapError
 */
export async function importSegments(
  deps: Deps,
  plan: StreamPlan,
  choice: ImportChoice,
  run: BatchRun,
): Promise<ImportWork> {
  const { stream, views, keyspace } = plan
  const manifest = await manifestOf(deps, plan, choice.sha256)
  const base = await currentSnapshot(deps.warm, stream.name)
  const segments: Segment[] = []
  const already = isInForce(base, choice)
  if (!already) {
    await refuseOverlap(deps, plan, manifest, choice, base)
    run.progress?.({ step: 'check', import: choice.sha256 })
    await deps.lake.imports.check(manifest)
    for (const view of views) segments.push(...(await storeImportSegments(deps, plan, view, manifest, run)))
  }
  return { ...choice, stream: stream.name, viewSet: keyspace.viewSet, already, segments: segments.map(({ id }) => id) }
}

/**
 * Puts an import in force by the same compare-and-set as everything else. Publishing the same work twice changes nothing.
 *
 * @throws ImportOverlapError
 * @throws StaleSegmentsError where the views in force are not those of the segments
 */
export async function publishImport(deps: Deps, plan: StreamPlan, work: ImportWork): Promise<PublishedImport> {
  const { stream, epochMs, views, keyspace } = plan
  const manifest = await manifestOf(deps, plan, work.sha256)
  if (work.viewSet !== keyspace.viewSet) {
    throw new StaleSegmentsError(stream.name, null, `by the view set ${work.viewSet}, which is now ${keyspace.viewSet}`)
  }
  const segments: Segment[] = []
  for (const id of work.segments) {
    const segment = await deps.warm.segment(id)
    if (segment === null) throw new Error(`segment ${id} is to be published, but is not stored`)
    segments.push(segment)
  }
  const snapshot = await publishNext(deps, stream.name, async (base) => {
    if (isInForce(base, work)) return null
    const other = base?.views.find((was) => views.some((view) => view.name === was.name && view.hash !== was.hash))
    if (base && other) {
      throw new StaleSegmentsError(stream.name, base.id, `view "${other.name}" in force has another definition`)
    }
    await refuseOverlap(deps, plan, manifest, work, base)
    const { sha256, rows, events } = manifest
    const file = { sha256, rows, events, overlap: work.overlap }
    return addImport({ stream: stream.name, epochMs, base, views, file, segments, nowMs: deps.clock.now() })
  })
  if (snapshot === null) throw new Error(`stream "${stream.name}": import ${work.sha256} left no snapshot in force`)
  // a repeated step finds what it has published itself: whether the file was new was seen before
  const mine = snapshot.segments.filter(({ imported }) => imported?.sha256 === work.sha256)
  const checksum = segmentsChecksum([...mine].sort((a, b) => (a.id < b.id ? -1 : 1)))
  return { snapshot: snapshot.id, already: work.already, checksum }
}

function isInForce(base: Snapshot | null, { sha256 }: ImportChoice): boolean {
  return base?.imports.some((file) => file.sha256 === sha256) ?? false
}

async function manifestOf({ lake }: Deps, { stream }: StreamPlan, sha256: string): Promise<ImportManifest> {
  const manifest = await lake.imports.manifest(stream.name, sha256)
  if (manifest === null) throw new Error(`stream "${stream.name}": the lake has no import ${sha256}`)
  return manifest
}

async function refuseOverlap(
  deps: Deps,
  plan: StreamPlan,
  manifest: ImportManifest,
  { overlap }: ImportChoice,
  base: Snapshot | null,
): Promise<void> {
  if (overlap !== null) return
  const days = await overlappingDays(deps, plan, manifest, base)
  if (days.length > 0) throw new ImportOverlapError(manifest.name, plan.stream.name, days.map(dayText))
}
