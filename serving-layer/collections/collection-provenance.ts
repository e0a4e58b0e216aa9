import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { FeedPosition } from '../../stores/collections/collection-port.js'
import type { InForce } from './collection-reader.js'

/** Where documents come from. */
export interface CollectionProvenance {
  readonly generation: string
  /** The refresh or the rebuild that filled it. */
  readonly run: string
  /** When all of it had been written; a fed collection goes on from there. */
  readonly asOf: string | null
  readonly switchedAt: string
  /** Fed live by this stream; null: loaded by a source. */
  readonly stream: string | null
  /** Per partition, of a fed collection: the accepted records with offset < L are in. */
  readonly prefix: Readonly<Record<string, number>> | null
  /** Documents and their sha256 as of its completion, of a loaded collection. */
  readonly loaded: number | null
  readonly checksum: string | null
  /** How long ago the pointer was read, ms. */
  readonly pointerAgeMs: number
  /** In sentences: what is not as it should be. */
  readonly notices: readonly string[]
}

const NO_KOREAN =
  'the search engine has no Korean analysis (nori): words are found by their pairs of letters, so that more is found than was meant'

export function collectionProvenance(
  { hash, feed }: CollectionDefinition,
  { generation, switchedAtMs, readAtMs }: InForce,
  {
    nowMs,
    positions,
    searched = false,
  }: { nowMs: number; positions?: ReadonlyMap<number, FeedPosition>; searched?: boolean },
): CollectionProvenance {
  const notices: string[] = []
  if (generation.hash !== hash)
    notices.push(
      'its definition changed since it was filled: until it is filled anew, documents are as they were defined',
    )
  if (searched && generation.analysis === 'bigram') notices.push(NO_KOREAN)
  const completed = generation.completedAtMs
  return {
    generation: generation.name,
    run: generation.run,
    asOf: completed === null ? null : new Date(completed).toISOString(),
    switchedAt: new Date(switchedAtMs).toISOString(),
    stream: feed?.stream.name ?? null,
    prefix: positions ? Object.fromEntries([...positions].map(([partition, { next }]) => [partition, next])) : null,
    loaded: feed === null ? generation.loaded : null,
    checksum: feed === null ? generation.checksum : null,
    pointerAgeMs: Math.max(0, nowMs - readAtMs),
    notices,
  }
}
