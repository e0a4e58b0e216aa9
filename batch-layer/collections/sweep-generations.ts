import type { CollectionDeps } from './collection-deps.js'

/** What is being written is left alone for so long: another run may be at it. */
const WRITING_MS = 24 * 3_600_000

/** Removes the generations that nobody reads any more: all but the one in force, the one before it, and newer ones. */
export async function sweepGenerations(deps: CollectionDeps, collection: string): Promise<readonly string[]> {
  const { collections, clock } = deps
  const pointer = await collections.pointer(collection)
  if (pointer === null) return []
  const generations = await collections.generations(collection)
  const inForce = generations.find(({ name }) => name === pointer.generation)
  if (inForce === undefined) return []
  const gone = generations.filter(({ name, status, createdAtMs }) => {
    if (name === pointer.generation || name === pointer.previous) return false
    return status === 'writing' ? clock.now() - createdAtMs > WRITING_MS : createdAtMs <= inForce.createdAtMs
  })
  for (const { name } of gone) await dropGeneration(deps, collection, name)
  return gone.map(({ name }) => name)
}

/** Removes a generation everywhere; what registers it last, so that an interrupted removal is taken up again. */
export async function dropGeneration(
  { collections, collectionSearch }: Pick<CollectionDeps, 'collections' | 'collectionSearch'>,
  collection: string,
  generation: string,
): Promise<void> {
  await collectionSearch.drop(collection, generation)
  await collections.drop(collection, generation)
}
