import type { ZodType } from 'zod'
import type { ExprNode } from '../expression/expr-node.js'
import type { Column } from './column.js'
import type { StreamDefinition } from './stream-definition.js'

/** How documents are found by words. */
export interface CollectionSearch {
  /** Text fields that a search looks into, the most telling first; `^n` weighs one. */
  readonly fields: readonly string[]
  /** Words that mean the same, one group per line in the form of Elasticsearch: `생수, 물` or `커피 => 원두커피`. */
  readonly synonyms: readonly string[]
  /** Fields counted beside the hits. */
  readonly facets: readonly string[]
  /** Text field whose beginnings are suggested; null: no suggestions. */
  readonly suggest: string | null
}

/** Where a document's values come from: a record's columns, evaluated for each accepted record. */
export interface CollectionFeed {
  readonly stream: StreamDefinition
  /** Field to expression. */
  readonly fields: Readonly<Record<string, ExprNode>>
  /** Where true, the document of the record's id is deleted; null: never. */
  readonly remove: ExprNode | null
}

/** The latest document per id. Frozen. */
export interface CollectionDefinition {
  readonly kind: 'collection'
  readonly name: string
  /** Fields of a document, the id among them. */
  readonly columns: readonly Column[]
  /** Field that names the document; text or integer. */
  readonly id: string
  /** Fed live by a stream; null where a source loads it. */
  readonly feed: CollectionFeed | null
  readonly search: CollectionSearch | null
  /** Fields with latitude and longitude, degrees (WGS 84); null: not on a map. */
  readonly place: { readonly lat: string; readonly lon: string } | null
  /** Not enumerable: the zod schema of a document that a source loads. */
  readonly schema?: ZodType
  /** Hex sha256 over everything that changes a stored document. */
  readonly hash: string
}
