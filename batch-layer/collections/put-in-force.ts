import type { Generation } from '../../stores/collections/collection-port.js'
import type { CollectionDeps } from './collection-deps.js'

/**
 * Puts a generation in force unless it is, or one that was begun after it: a run that is repeated late does not bring
 * its documents back.
 */
export async function putInForce(
  { collections, clock }: Pick<CollectionDeps, 'collections' | 'clock'>,
  generation: Generation,
): Promise<boolean> {
  const { collection, name } = generation
  for (;;) {
    const pointer = await collections.pointer(collection)
    if (pointer?.generation === name) return true
    const inForce = pointer === null ? null : await collections.generation(collection, pointer.generation)
    if (inForce !== null && inForce.createdAtMs > generation.createdAtMs) return false
    if (await collections.switchTo(collection, name, pointer, clock.now())) return true
  }
}
