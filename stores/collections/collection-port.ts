import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { FieldFilter } from './field-filter.js'

/** How text is cut into words for search. */
export type Analysis = 'nori' | 'bigram'

/** One whole set of a collection's documents, filled apart from the readers, then put in force at once. */
export interface Generation {
  readonly collection: string
  /** Made from the collection's hash and the run, so that a repeated run meets its own. */
  readonly name: string
  /** The collection's definition. */
  readonly hash: string
  /** What filled it: a refresh's run, or a rebuild. */
  readonly run: string
  readonly status: 'writing' | 'complete'
  /** UTC ms. */
  readonly createdAtMs: number
  /** UTC ms; null while it is being written. */
  readonly completedAtMs: number | null
  /** Documents and rejected documents as of its completion. */
  readonly loaded: number
  readonly rejected: number
  /** Hex sha256 over the documents in the order of their ids, as of its completion; null while it is being written. */
  readonly checksum: string | null
  /** Null where the collection is not searched. */
  readonly analysis: Analysis | null
}

export type NewGeneration = Pick<Generation, 'name' | 'run' | 'createdAtMs' | 'analysis'>
export type GenerationFacts = Required<Pick<Generation, 'loaded' | 'rejected' | 'checksum'>> & {
  readonly completedAtMs: number
}

/** Which generation readers are given. Replaced as a whole, by compare-and-set on its sequence. */
export interface CollectionPointer {
  readonly collection: string
  readonly generation: string
  /** Kept beside it, for readers who have just read the pointer. */
  readonly previous: string | null
  /** 1, 2, 3, … */
  readonly sequence: number
  /** UTC ms. */
  readonly switchedAtMs: number
}

/** A document as it lies in a generation: fields as they are shown, decimals unscaled. */
export interface StoredDocument {
  readonly id: string
  readonly value: Readonly<Record<string, unknown>>
}

/** A document, or its removal (`value: null`), that counts unless one of a later version is there. */
export interface DocumentWrite {
  readonly id: string
  readonly value: Readonly<Record<string, unknown>> | null
  /** Compared as text: see `versionOf`. */
  readonly version: string
  /** When it was removed, UTC ms; only of removals, and decides only how long they are remembered. */
  readonly removedAtMs?: number
}

/** Where a live consumer goes on in a partition. */
export interface FeedPosition {
  /** First offset that is not in the generation. */
  readonly next: number
  /** Running maximum of the append times of the accepted records before it, UTC ms; 0 before the first. */
  readonly timeMs: number
}

export interface ListQuery {
  readonly filters: readonly FieldFilter[]
  readonly limit: number
  /** Documents whose id comes after it; null: from the first. */
  readonly after: string | null
}

export interface NearQuery {
  /** Degrees. */
  readonly lat: number
  readonly lon: number
  readonly km: number
  readonly filters: readonly FieldFilter[]
  readonly limit: number
}

export interface NearDocument extends StoredDocument {
  /** Great-circle distance. */
  readonly km: number
}

/** Documents of collections, by generation. Every write may be repeated. @throws WarmUnavailableError throughout */
export interface CollectionStore {
  /** Registers a generation and makes its indexes; returns it as it stands where it is there already. */
  openGeneration(collection: CollectionDefinition, generation: NewGeneration): Promise<Generation>
  generation(collection: string, name: string): Promise<Generation | null>
  /** Newest first. */
  generations(collection: string): Promise<readonly Generation[]>
  /**
   * Writes those whose version is above what is there; the others change nothing.
   * @param expectNew most ids are not there yet: faster. @default false
   */
  put(
    collection: CollectionDefinition,
    generation: string,
    documents: readonly DocumentWrite[],
    expectNew?: boolean,
  ): Promise<void>
  /** Sets what is known once all is written; the first completion counts. */
  complete(collection: string, generation: string, facts: GenerationFacts): Promise<Generation>
  pointer(collection: string): Promise<CollectionPointer | null>
  /** Puts a generation in force if the pointer still is as given; false where it is not. */
  switchTo(
    collection: string,
    generation: string,
    base: CollectionPointer | null,
    switchedAtMs: number,
  ): Promise<boolean>
  /** Removes a generation with its documents and positions. */
  drop(collection: string, generation: string): Promise<void>
  get(collection: string, generation: string, id: string): Promise<StoredDocument | null>
  list(collection: string, generation: string, query: ListQuery): Promise<readonly StoredDocument[]>
  /** Nearest first; ties by id. */
  near(collection: CollectionDefinition, generation: string, query: NearQuery): Promise<readonly NearDocument[]>
  /** All documents in the order of their ids, removed ones left out. */
  documents(collection: string, generation: string): AsyncIterable<StoredDocument>
  positions(collection: string, generation: string): Promise<ReadonlyMap<number, FeedPosition>>
  /** Never moves a position back. */
  setPosition(collection: string, generation: string, partition: number, position: FeedPosition): Promise<void>
  /** Forgets removals from before an instant, UTC ms. */
  sweepRemoved(collection: string, generation: string, beforeMs: number): Promise<number>
  close(): Promise<void>
}
