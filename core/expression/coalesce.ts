import type { BooleanExpr, DecimalExpr, Expr, IntegerExpr, RealExpr, TextExpr, TimeExpr } from './expr.js'
import { call } from './expression-of.js'

/** The first of the values that is not null; null where all are. */
export function coalesce(...values: readonly [TextExpr, ...TextExpr[]]): TextExpr
export function coalesce(...values: readonly [IntegerExpr, ...IntegerExpr[]]): IntegerExpr
export function coalesce(...values: readonly [DecimalExpr, ...DecimalExpr[]]): DecimalExpr
export function coalesce(...values: readonly [RealExpr, ...RealExpr[]]): RealExpr
export function coalesce(...values: readonly [BooleanExpr, ...BooleanExpr[]]): BooleanExpr
export function coalesce(...values: readonly [TimeExpr, ...TimeExpr[]]): TimeExpr
export function coalesce(...values: readonly Expr[]): Expr {
  return call('coalesce', ...values)
}
