import type { Scalar } from '../define/column.js'

/**
 * What differs between SQL engines, so that the same segment can be computed elsewhere. Every argument and result is SQL
 * text; a whole number is the engine's 64-bit type, text is its Unicode type with binary equality.
 */
export interface SqlDialect {
  readonly name: string
  identifier(name: string): string
  text(value: string): string
  whole(value: number): string
  real(value: number): string
  /** A null of a scalar type. */
  nullOf(kind: 'text' | 'whole' | 'real' | 'boolean'): string
  toReal(whole: string): string
  /** Of a real that is whole and safe. */
  toWhole(real: string): string
  toText(value: string): string
  isFinite(real: string): string
  /** Quotient of whole numbers that are not negative, cut. */
  divideWhole(dividend: string, divisor: string): string
  /** Changes the letters of `from` to those of `to`, one by one. */
  translate(text: string, from: string, to: string): string
  /** Without any of `characters` at both ends. */
  trim(text: string, characters: string): string
  /** Code points. */
  length(text: string): string
  /** Code points; `from` counts from 0. */
  substring(text: string, from: number, length: number): string
  startsWith(text: string, prefix: string): string
  endsWith(text: string, suffix: string): string
  contains(text: string, part: string): string
  /** A field of the calendar at a UTC instant in ms. */
  calendar(field: 'day-of-month' | 'month' | 'year', timeMs: string): string
  /** Bytes 0–7 of the MD5 of a text's UTF-8, little-endian, as an unsigned 64-bit number. */
  hash(text: string): string
  /** The code of `hll.ts` from such a hash, a small whole number. */
  hllCode(hash: string, precision: number): string
  /** Aggregate over whole numbers, nulls left out: the different ones, as text in which digits alone mean anything. */
  distinctText(value: string): string
  /** Aggregate over whole numbers, nulls left out: each with its count, as text of pairs `number=count`. */
  countsText(value: string): string
  sumWhole(value: string): string
  /** Sum of squares, exact up to 2^127. */
  sumSquares(value: string): string
}

/** A literal of a dialect. */
export function sqlLiteral(dialect: SqlDialect, value: Exclude<Scalar, null>, real: boolean): string {
  if (typeof value === 'string') return dialect.text(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  return real ? dialect.real(value) : dialect.whole(value)
}
