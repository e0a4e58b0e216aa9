import { nameOfViewSet, type ViewSet } from '../../core/define/view-set.js'
import type { StreamReader } from './stream-reader.js'

/**
 * The streams that change over together: those given, and whoever shares a view with one of them, by the definitions
 * before or after.
 */
export function joinedStreams(
  from: Iterable<string>,
  sets: readonly ReadonlyMap<string, ViewSet>[],
): ReadonlySet<string> {
  const joined = new Set(from)
  // a set's own order: what is added while it is walked is walked too
  for (const name of joined)
    for (const set of sets)
      for (const view of set.get(name)?.views ?? [])
        for (const { stream } of view.parts) if (set.has(stream.name)) joined.add(stream.name)
  return joined
}

/** Whether every view is there by one definition for all the streams that feed it. */
export function agree(sets: ReadonlyMap<string, ViewSet>): boolean {
  for (const { views } of sets.values())
    for (const view of views)
      for (const { stream } of view.parts)
        if (sets.has(stream.name) && !sets.get(stream.name)?.views.some(({ hash }) => hash === view.hash)) return false
  return true
}

/** Equal for equal definitions of equal streams. */
export function nameOfSets(sets: ReadonlyMap<string, ViewSet>): string {
  return [...sets].map(([stream, set]) => `${stream}/${nameOfViewSet(set)}`).join(' ')
}

/**
 * Whether a reader can take over from another: it has its snapshot, its copy of hot state is whole, and no partition has
 * been read less far. Where the other one cannot answer either, nothing is to be waited for but the first two.
 */
export function canTakeOver(next: StreamReader, now: StreamReader): boolean {
  if (!next.watch.known) return false
  if (!now.watch.known) return next.mirror.failure !== null || isWhole(next)
  if (!isWhole(next)) return false
  for (const [partition, { complete, state }] of now.mirror.partitions) {
    if (!complete || state === null) continue
    const after = next.mirror.partitions.get(partition)?.state ?? null
    if (after === null || after.next < state.next) return false
  }
  return true
}

function isWhole({ mirror }: StreamReader): boolean {
  return mirror.usable(Number.NEGATIVE_INFINITY)
}
