import type { ZodType } from 'zod'
import type { ExprNode } from '../expression/expr-node.js'
import type { Column, ColumnType } from './column.js'
import type { Leaf } from './columns.js'
import type { Shape } from './shape.js'

/** A record that decodes but is refused by the stream's own rule; evaluated on columns, null counts as false. */
export interface RejectRule {
  /** Kebab-case word that ends up in the dead letter and in the ledger. */
  readonly reason: string
  /** A boolean expression; the record is rejected where it is true. Rules are tried in order, the first one names the reason. */
  readonly when: ExprNode
}

/** What the decoder is generated from: plain data, so that worker threads can generate it too. */
export interface DecodePlan {
  /** The JSON as sent. */
  readonly root: Shape
  /** Which column each scalar of the shape goes to; several paths may share a column where no record holds both. */
  readonly leaves: readonly Leaf[]
}

/** A compiled stream: what `defineStream` returns. Frozen, plain data except for the zod schema. */
export interface StreamDefinition {
  readonly kind: 'stream'
  readonly name: string
  readonly topic: string
  /** Topic of the dead letters, `<name>.dlq`. */
  readonly dlqTopic: string
  /** Not enumerable: absent in what JSON or structuredClone made of the definition. */
  readonly schema?: ZodType
  readonly plan: DecodePlan
  readonly columns: readonly Column[]
  /** Column that holds the event time (type `time`). */
  readonly eventTime: string
  /** Column whose text is the Kafka key where a record comes in without one (POST, produce); null: no key. */
  readonly key: string | null
  /** Columns that together name a record (see `compileRecordId`); null: no record is a duplicate. */
  readonly id: readonly string[] | null
  readonly rejects: readonly RejectRule[]
  /** Largest value in bytes; a larger one is rejected `too-large`. Default 1,000,000. */
  readonly maxBytes: number
  /** How late events usually are, ms; sets the watermark only. Default 60,000. */
  readonly allowedLatenessMs: number
  /** Earliest event time accepted, UTC ms, inclusive; null: no bound. */
  readonly earliestMs: number | null
  /** Partitions of the topic where Tandem creates it. Default 2. */
  readonly partitions: number
  /** Hex sha256 over everything above that changes a decoded row, and ALGEBRA_VERSION. */
  readonly hash: string
}

/** Column name to column type: what a definition's callbacks are typed by. */
export type ColumnTypes = { readonly [column: string]: ColumnType }

/** A stream definition that knows its columns in its type. */
export interface Stream<R extends ColumnTypes = ColumnTypes> extends StreamDefinition {
  /** Never set; makes the columns part of the type. */
  readonly columnTypes?: R
}
