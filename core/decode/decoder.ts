import type { Row } from '../define/column.js'

/** Why a record was refused. `reason` is a kebab-case word: `json`, `type`, `missing`, `decimals`, `too-large`, `event-time-in-future`, a stream's own rule, … */
export interface Rejection {
  readonly ok: false
  readonly reason: string
  /** Path of the offending field as sent, e.g. `fields.fields.user_age`; null when it is the record as a whole. */
  readonly field: string | null
  /** The offending value as JSON text, cut to 200 characters. */
  readonly value: string | null
  /** What was expected, e.g. `a whole number`. */
  readonly expected: string
}

export interface Accepted {
  readonly ok: true
  readonly row: Row
}

export type Decoded = Accepted | Rejection

/**
 * Decodes and validates the value of one record; the same function in both layers, so both reject the same records for
 * the same reason. A pure function of its two arguments.
 */
export interface Decoder {
  /** @param brokerTimeMs the record's own append time, for `event-time-in-future`. */
  decode(value: Uint8Array | null, brokerTimeMs: number): Decoded
  /** The undeclared fields of a record that decoded, as JSON text; null when there are none. For the lake. */
  extras(value: Uint8Array): string | null
}
