import type { ColumnType, Scalar } from '../define/column.js'
import { freeze } from '../freeze.js'
import type { BooleanExpr, DecimalExpr, IntegerExpr, RealExpr, TextExpr, TimeExpr } from './expr.js'
import { expressionOf } from './expression-of.js'
import { literalNode } from './literal-node.js'

/**
 * A constant. Text is made well-formed (a lone surrogate becomes U+FFFD, as in records). A number is a whole one unless its
 * type is given: `literal(0.25, { kind: 'decimal', scale: 2 })`, `literal(1.5, { kind: 'real' })`.
 */
export function literal(value: string): TextExpr
export function literal(value: boolean): BooleanExpr
export function literal(value: number): IntegerExpr
export function literal(value: number, type: { readonly kind: 'decimal'; readonly scale: number }): DecimalExpr
export function literal(value: number, type: { readonly kind: 'real' }): RealExpr
/** UTC milliseconds. */
export function literal(value: number, type: { readonly kind: 'time' }): TimeExpr
export function literal(value: Exclude<Scalar, null>, type?: ColumnType): unknown {
  const kind = typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'boolean' : 'integer'
  return expressionOf(literalNode(value, freeze(type ?? { kind })), type ?? { kind })
}
