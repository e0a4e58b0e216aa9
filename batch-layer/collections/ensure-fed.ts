import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Generation } from '../../stores/collections/collection-port.js'
import type { CollectionRun } from './collection-deps.js'
import { type RebuildDeps, rebuildGeneration } from './rebuild-generation.js'
import { sweepGenerations } from './sweep-generations.js'

/**
 * Makes sure that a fed collection has a generation of its definition to go on from: where it has none, because it is new or
 * its definition changed, one is rebuilt from the lake. Then removes what nobody reads any more.
 */
export async function ensureFed(
  deps: RebuildDeps,
  collection: CollectionDefinition,
  run: Omit<CollectionRun, 'id'> = {},
): Promise<Generation> {
  const generations = await deps.collections.generations(collection.name)
  const ready = generations.find(({ hash, status }) => hash === collection.hash && status === 'complete')
  await sweepGenerations(deps, collection.name)
  return ready ?? rebuildGeneration(deps, collection, { ...run, id: `first:${collection.hash}` })
}
