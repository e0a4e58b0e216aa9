import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { boundedParallel } from '../bounded-parallel.js'
import { currentSnapshot } from './current-snapshot.js'

/**
 * Times that an alias is set before it is left to the next try: streams that share a view may publish at the same time.
 */
const MAX_ROUNDS = 5
const VIEWS_AT_ONCE = 4

/**
 * Makes each view's alias in Elasticsearch show the segments in force, of all the streams that feed it, and looks again
 * until it does. The pointers in MongoDB are the truth; the alias only follows.
 *
 * @returns names of the views whose alias had to be moved
 */
export async function setAliases(
  deps: Pick<BatchDeps, 'warm' | 'search' | 'logger'>,
  views: readonly ViewDefinition[],
  run: BatchRun,
): Promise<readonly string[]> {
  const moved = await boundedParallel(views, VIEWS_AT_ONCE, (view) => follow(deps, view, run))
  return views.filter((_, i) => moved[i]).map(({ name }) => name)
}

/** @returns whether the alias had to be moved */
async function follow(deps: Pick<BatchDeps, 'warm' | 'search'>, view: ViewDefinition, run: BatchRun): Promise<boolean> {
  for (let round = 1; ; round++) {
    run.signal?.throwIfAborted()
    run.progress?.({ step: 'alias', view: view.name })
    const wanted = await segmentsInForce(deps, view)
    const shown = await deps.search.alias(view)
    if (same(wanted, shown)) return round > 1
    if (round > MAX_ROUNDS) {
      throw new Error(
        `view "${view.name}": its alias shows ${shown?.length ?? 0} segments, in force are ${wanted.length}`,
      )
    }
    await deps.search.ensureView(view)
    await deps.search.setAlias(view, wanted)
  }
}

/** Ids of a view's segments with cells, over all its streams; empty ones have no documents. */
async function segmentsInForce(deps: Pick<BatchDeps, 'warm'>, view: ViewDefinition): Promise<readonly string[]> {
  const ids = new Set<string>()
  for (const stream of new Set(view.parts.map((part) => part.stream.name))) {
    const snapshot = await currentSnapshot(deps.warm, stream)
    for (const segment of snapshot?.segments ?? []) {
      if (segment.view === view.name && segment.viewHash === view.hash && segment.cells > 0) ids.add(segment.id)
    }
  }
  return [...ids].sort()
}

/** A view without cells needs no alias. */
function same(wanted: readonly string[], shown: readonly string[] | null): boolean {
  if (shown === null) return wanted.length === 0
  const ids = new Set(shown)
  return ids.size === wanted.length && wanted.every((id) => ids.has(id))
}
