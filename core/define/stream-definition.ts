import type { ZodType } from 'zod'
import type { ExprNode } from '../expression/expr-node.js'
import type { Column } from './column.js'

/** A record that decodes but is refused by the stream's own rule; evaluated on columns, null counts as false. */
export interface RejectRule {
  /** Kebab-case word that ends up in the dead letter and in the ledger. */
  readonly reason: string
  /** A boolean expression; the record is rejected where it is true. Rules are tried in order, the first one names the reason. */
  readonly when: ExprNode
}

/** A compiled stream: what `defineStream` returns. Frozen, plain data except for the zod schema. */
export interface StreamDefinition {
  readonly kind: 'stream'
  readonly name: string
  readonly topic: string
  /** Topic of the dead letters, `<name>.dlq`. */
  readonly dlqTopic: string
  readonly schema: ZodType
  readonly columns: readonly Column[]
  /** Column that holds the event time (type `time`). */
  readonly eventTime: string
  /** Column whose text is the Kafka key where a record comes in without one (POST, produce); null: no key. */
  readonly key: string | null
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
