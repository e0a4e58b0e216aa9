import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Analysis } from '../collections/collection-port.js'
import type { FieldFilter } from '../collections/field-filter.js'

export interface SearchWrite {
  readonly id: string
  readonly value: Readonly<Record<string, unknown>> | null
  /** Whole, at most 2^63 − 1: a document of a lower or equal one changes nothing. Absent: it is written whatever is there. */
  readonly version?: bigint
}

export interface TextQuery {
  /** Words that must all be found; empty: every document. */
  readonly q: string
  readonly filters: readonly FieldFilter[]
  readonly limit: number
  readonly offset: number
  /** Whether each hit shows where its words stand. */
  readonly highlight: boolean
  /** Fields to count. */
  readonly facets: readonly string[]
}

export interface TextHit {
  readonly id: string
  readonly score: number
  readonly value: Readonly<Record<string, unknown>>
  /** Field to pieces of its text, words found between `<em>` and `</em>`, the rest escaped as HTML. */
  readonly highlight: Readonly<Record<string, readonly string[]>> | null
}

export interface FacetCount {
  readonly value: string | number | boolean
  readonly count: number
}

export interface TextAnswer {
  readonly total: number
  readonly hits: readonly TextHit[]
  readonly facets: Readonly<Record<string, readonly FacetCount[]>>
}

/** Collections as Elasticsearch (or OpenSearch) holds them: an index per generation. @throws SearchUnavailableError throughout */
export interface CollectionSearchStore {
  /** Makes the generation's index with Korean analysis where the engine has it; says which it got. Idempotent. */
  ensureGeneration(collection: CollectionDefinition, generation: string): Promise<Analysis>
  put(collection: CollectionDefinition, generation: string, documents: readonly SearchWrite[]): Promise<void>
  /** Makes everything written so far visible. */
  refresh(collection: string, generation: string): Promise<void>
  search(collection: CollectionDefinition, generation: string, query: TextQuery): Promise<TextAnswer>
  /** Values of the collection's field `suggest` that begin with the text, or have a word that does; the most usual first. */
  suggest(collection: CollectionDefinition, generation: string, text: string, limit: number): Promise<readonly string[]>
  drop(collection: string, generation: string): Promise<void>
  close(): Promise<void>
}
