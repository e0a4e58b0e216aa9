import type { ColumnType } from '../define/column.js'
import type { ExprNode } from './expr-node.js'

type Text = { readonly kind: 'text' }
type Integer = { readonly kind: 'integer' }
type Decimal = { readonly kind: 'decimal'; readonly scale: number }
type Real = { readonly kind: 'real' }
type Flag = { readonly kind: 'boolean' }
type Time = { readonly kind: 'time' }

/**
 * A typed expression: what a definition's callbacks receive and return. The methods only build `node`; nothing is computed
 * until a compiler reads it. Null semantics are those of `OPERATIONS`.
 */
export interface Expr<out T extends ColumnType = ColumnType> {
  readonly node: ExprNode
  /** Also what keeps an expression of one type from passing as another. */
  readonly type: T
  /** True or false, never null. */
  isNull(): BooleanExpr
  isNotNull(): BooleanExpr
}

/** Any of the three number types. */
export type NumberExpr = IntegerExpr | DecimalExpr | RealExpr

/** What two numbers are compared by: a literal is taken by its exact decimal digits. */
interface Ordered<Right> {
  is(right: Right): BooleanExpr
  isNot(right: Right): BooleanExpr
  gt(right: Right): BooleanExpr
  gte(right: Right): BooleanExpr
  lt(right: Right): BooleanExpr
  lte(right: Right): BooleanExpr
}

export interface TextExpr extends Expr<Text> {
  is(right: string | TextExpr): BooleanExpr
  isNot(right: string | TextExpr): BooleanExpr
  in(values: readonly string[]): BooleanExpr
  /** The text, or `ifNull` where it is null. */
  or(ifNull: string | TextExpr): TextExpr
  /** Changes A–Z alone. */
  lower(): TextExpr
  /** Changes a–z alone. */
  upper(): TextExpr
  /** Without space, \t, \n, \v, \f and \r at both ends. */
  trim(): TextExpr
  /** Code points. */
  length(): IntegerExpr
  /** @param from first code point, from 0, inclusive. @param length at most so many code points; without it all the rest. */
  substring(from: number, length?: number): TextExpr
  concat(...right: readonly (string | TextExpr)[]): TextExpr
  startsWith(prefix: string | TextExpr): BooleanExpr
  endsWith(suffix: string | TextExpr): BooleanExpr
  contains(part: string | TextExpr): BooleanExpr
}

export interface IntegerExpr extends Expr<Integer>, Ordered<number | NumberExpr> {
  in(values: readonly number[]): BooleanExpr
  or(ifNull: number | IntegerExpr): IntegerExpr
  plus(right: number | IntegerExpr): IntegerExpr
  plus(right: DecimalExpr): DecimalExpr
  plus(right: RealExpr): RealExpr
  minus(right: number | IntegerExpr): IntegerExpr
  minus(right: DecimalExpr): DecimalExpr
  minus(right: RealExpr): RealExpr
  times(right: number | IntegerExpr): IntegerExpr
  times(right: DecimalExpr): DecimalExpr
  times(right: RealExpr): RealExpr
  /** Real; null where the divisor is 0. */
  dividedBy(right: number | NumberExpr): RealExpr
  /** The largest multiple of `size` that is not above the number. @param size a whole number > 0. */
  floorTo(size: number): IntegerExpr
  abs(): IntegerExpr
  negated(): IntegerExpr
  toReal(): RealExpr
  toText(): TextExpr
}

/** An exact number with a fixed number of decimals; number literals are taken by their decimal digits, at most 9 decimals. */
export interface DecimalExpr extends Expr<Decimal>, Ordered<number | NumberExpr> {
  in(values: readonly number[]): BooleanExpr
  or(ifNull: number | IntegerExpr | DecimalExpr): DecimalExpr
  /** The larger of the two scales. */
  plus(right: number | IntegerExpr | DecimalExpr): DecimalExpr
  plus(right: RealExpr): RealExpr
  minus(right: number | IntegerExpr | DecimalExpr): DecimalExpr
  minus(right: RealExpr): RealExpr
  /** The scales add; refused beyond 9. */
  times(right: number | IntegerExpr | DecimalExpr): DecimalExpr
  times(right: RealExpr): RealExpr
  dividedBy(right: number | NumberExpr): RealExpr
  /** @param size > 0 with at most the decimals of the number. */
  floorTo(size: number): DecimalExpr
  /** Half away from zero, to a whole number. */
  round(): IntegerExpr
  /** Half away from zero. @param decimals 0 to 9. */
  round(decimals: number): DecimalExpr
  abs(): DecimalExpr
  negated(): DecimalExpr
  toReal(): RealExpr
}

/** A double: no bit promise when summed, and it may not group. `round` makes it exact. */
export interface RealExpr extends Expr<Real>, Ordered<number | NumberExpr> {
  or(ifNull: number | NumberExpr): RealExpr
  plus(right: number | NumberExpr): RealExpr
  minus(right: number | NumberExpr): RealExpr
  times(right: number | NumberExpr): RealExpr
  dividedBy(right: number | NumberExpr): RealExpr
  floorTo(size: number): RealExpr
  round(): IntegerExpr
  round(decimals: number): DecimalExpr
  abs(): RealExpr
  negated(): RealExpr
}

/** On a boolean, `or` and `and` are logic; where null should count as something, `ifNull` says as what. */
export interface BooleanExpr extends Expr<Flag> {
  is(right: boolean | BooleanExpr): BooleanExpr
  isNot(right: boolean | BooleanExpr): BooleanExpr
  and(...right: readonly (boolean | BooleanExpr)[]): BooleanExpr
  or(...right: readonly (boolean | BooleanExpr)[]): BooleanExpr
  not(): BooleanExpr
  ifNull(value: boolean | BooleanExpr): BooleanExpr
  toText(): TextExpr
}

/** An instant. Literals are UTC milliseconds. Zones are IANA names. */
export interface TimeExpr extends Expr<Time>, Ordered<number | TimeExpr> {
  or(ifNull: number | TimeExpr): TimeExpr
  plusMs(ms: number | IntegerExpr): TimeExpr
  /** Milliseconds from `earlier` to this instant. */
  msSince(earlier: number | TimeExpr): IntegerExpr
  /** Start of the tumbling window of `sizeMs` that holds the instant. */
  truncate(sizeMs: number): TimeExpr
  /** 0–23 */
  hour(zone: string): IntegerExpr
  /** 0–59 */
  minute(zone: string): IntegerExpr
  /** 1 Monday … 7 Sunday */
  dayOfWeek(zone: string): IntegerExpr
  dayOfMonth(zone: string): IntegerExpr
  /** 1–12 */
  month(zone: string): IntegerExpr
  year(zone: string): IntegerExpr
}

/** The expression type that belongs to a column type. */
export type ExprOf<T> = T extends { readonly kind: 'text' }
  ? TextExpr
  : T extends { readonly kind: 'integer' }
    ? IntegerExpr
    : T extends { readonly kind: 'decimal' }
      ? DecimalExpr
      : T extends { readonly kind: 'real' }
        ? RealExpr
        : T extends { readonly kind: 'boolean' }
          ? BooleanExpr
          : T extends { readonly kind: 'time' }
            ? TimeExpr
            : never

/**
 * What a callback receives: one typed expression per column of the record, and nothing else. `R` maps the column's name to
 * its type.
 */
export type Columns<R extends { readonly [column: string]: ColumnType }> = { readonly [C in keyof R]: ExprOf<R[C]> }
