import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { CollectionPointer, FeedPosition, Generation } from '../../stores/collections/index.js'

/**
 * The generations of a collection that are to be fed: the one in force, if this definition made it, and the newest that was
 * rebuilt after it. What an earlier definition made stays as it is until then.
 */
export function generationsToFeed(
  { hash }: Pick<CollectionDefinition, 'hash'>,
  generations: readonly Generation[],
  pointer: CollectionPointer | null,
): readonly Generation[] {
  const own = generations.filter((one) => one.hash === hash && one.status === 'complete')
  const inForce = generations.find(({ name }) => name === pointer?.generation)
  const newer = own
    .filter(({ name, createdAtMs }) => name !== inForce?.name && createdAtMs >= (inForce?.createdAtMs ?? 0))
    .filter(({ name }) => name !== pointer?.previous)
    .sort((a, b) => b.createdAtMs - a.createdAtMs)[0]
  return [...own.filter(({ name }) => name === inForce?.name), ...(newer === undefined ? [] : [newer])]
}

/** Whether a generation holds everything that readers have: what the one in force holds, or else what Kafka holds. */
export function hasCaughtUp(positions: ReadonlyMap<number, FeedPosition>, reach: ReadonlyMap<number, number>): boolean {
  return [...reach].every(([partition, next]) => (positions.get(partition)?.next ?? -1) >= next)
}
