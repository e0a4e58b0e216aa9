import type { ColumnType, Scalar } from '../define/column.js'

/**
 * An expression as plain JSON data: it can be hashed, printed, cloned and sent; two compilers read it (`to-javascript.ts`,
 * `to-sql.ts`) and must agree to the bit. Made by the builder in `expr.ts`, never by hand.
 */
export type ExprNode = ColumnNode | LiteralNode | CallNode

/** The value of a column in the record at hand; null where absent. */
export interface ColumnNode {
  readonly kind: 'column'
  readonly name: string
}

/** A constant. A decimal's value is the scaled whole number, a time's UTC milliseconds. */
export interface LiteralNode {
  readonly kind: 'literal'
  readonly type: ColumnType
  readonly value: Scalar
}

/** An operation over its arguments. Parameters that must be constants (a zone, a size) are literals among them. */
export interface CallNode {
  readonly kind: 'call'
  readonly op: Operation
  readonly args: readonly ExprNode[]
}

/**
 * Every operation. Logic is three-valued as in SQL. Unless said otherwise a null argument gives null and every argument is
 * evaluated. Whole-number results (integer, decimal, time) outside ±(2^53 − 1) are null and count in the cell's `overflow`;
 * real results that are not finite are null and do not count.
 */
export const OPERATIONS = [
  // comparison: numbers by exact value whatever their scales, times, booleans; text by equality alone
  'is',
  'is-not',
  'gt',
  'gte',
  'lt',
  'lte',
  // first argument equal to one of the others (literals, never null); null if the first is null
  'in',
  // true or false, never null
  'is-null',
  // false and null = false; true and null = null; true or null = true; false or null = null; not null = null
  'and',
  'or',
  'not',
  // exact on whole numbers; one real argument makes the result real
  'plus',
  'minus',
  // scales add, refused beyond 9
  'times',
  // real; null where the divisor is 0
  'divided-by',
  'abs',
  'negate',
  // (number, decimals) half away from zero, to an integer or a decimal
  'round',
  // (number, size) the largest multiple of size (> 0) that is not above the number
  'floor-to',
  'to-real',
  // first argument that is not null; those after it are not evaluated
  'coalesce',
  // when, then, when, then, …, otherwise: the first `then` whose `when` is true; later ones are not evaluated
  'case',
  // text; case functions change A–Z and a–z alone; trim takes space, \t, \n, \v, \f, \r; lengths count code points
  'lower',
  'upper',
  'trim',
  'length',
  // (text, from ≥ 0, length ≥ 0) in code points
  'substring',
  'concat',
  'starts-with',
  'ends-with',
  'contains',
  // integer or boolean to text, as in JSON
  'to-text',
  // time: (time, ms) → time; (time, time) → ms; (time, sizeMs) → start of the tumbling window
  'plus-ms',
  'ms-since',
  'truncate',
  // (time, zone): local calendar of an IANA zone
  'hour',
  'minute',
  // 1 Monday … 7 Sunday
  'day-of-week',
  'day-of-month',
  'month',
  'year',
] as const

export type Operation = (typeof OPERATIONS)[number]

/** Largest magnitude of a whole number in an expression, inclusive: 2^53 − 1. */
export const MAX_WHOLE = Number.MAX_SAFE_INTEGER
