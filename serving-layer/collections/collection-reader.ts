import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Clock } from '../../core/time/clock.js'
import type { CollectionStore, Generation } from '../../stores/collections/collection-port.js'
import { type CollectionSearchStore, SearchUnavailableError } from '../../stores/search/index.js'
import { WarmUnavailableError } from '../../stores/warm/index.js'
import { UnavailableError } from '../unavailable-error.js'

/** A pointer is read again after so long, ms. */
const POINTER_MAX_AGE_MS = 1_000

export type ReadableCollections = Pick<
  CollectionStore,
  'pointer' | 'generation' | 'get' | 'list' | 'near' | 'positions'
>
export type SearchableCollections = Pick<CollectionSearchStore, 'search' | 'suggest'>

/** The generation that answers are given from, and how it is known. */
export interface InForce {
  readonly generation: Generation
  readonly switchedAtMs: number
  /** When the pointer was read, UTC ms. */
  readonly readAtMs: number
}

/** Says of each collection which generation is in force; at most a second old while MongoDB answers. */
export class CollectionReader {
  readonly #known = new Map<string, InForce>()

  constructor(
    private readonly store: ReadableCollections,
    private readonly clock: Clock,
  ) {}

  /** @throws UnavailableError where nothing is loaded yet, or where MongoDB is down and was never read */
  async inForce({ name, feed }: CollectionDefinition): Promise<InForce> {
    const known = this.#known.get(name)
    const now = this.clock.now()
    if (known !== undefined && now - known.readAtMs < POINTER_MAX_AGE_MS) return known
    try {
      const pointer = await this.store.pointer(name)
      const generation = pointer && (await this.store.generation(name, pointer.generation))
      if (!pointer || !generation) {
        const how = feed === null ? 'its source loads it: `tandem refresh`' : 'the speed layer fills it'
        throw new UnavailableError(`collection "${name}" has no generation in force yet; ${how}`, 'not-loaded')
      }
      const found = { generation, switchedAtMs: pointer.switchedAtMs, readAtMs: now }
      this.#known.set(name, found)
      return found
    } catch (error) {
      if (error instanceof WarmUnavailableError && known !== undefined) return known
      throw unavailable(error)
    }
  }
}

/** An engine that is down is told as such; any other error as it came. */
export function unavailable(error: unknown): unknown {
  if (error instanceof WarmUnavailableError) return new UnavailableError(error.message, 'mongodb', {}, { cause: error })
  if (error instanceof SearchUnavailableError)
    return new UnavailableError(error.message, 'elasticsearch', {}, { cause: error })
  return error
}
