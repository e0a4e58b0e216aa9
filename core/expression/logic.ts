import type { BooleanExpr } from './expr.js'
import { argument, call } from './expression-of.js'

const FLAG = { kind: 'boolean' } as const

/** True where all are true, false where one is false, else null. */
export function and(first: BooleanExpr | boolean, ...more: readonly (BooleanExpr | boolean)[]): BooleanExpr {
  return call('and', ...[first, ...more].map((value) => argument(value, FLAG)))
}

/** True where one is true, false where all are false, else null. */
export function or(first: BooleanExpr | boolean, ...more: readonly (BooleanExpr | boolean)[]): BooleanExpr {
  return call('or', ...[first, ...more].map((value) => argument(value, FLAG)))
}

/** Null stays null. */
export function not(value: BooleanExpr): BooleanExpr {
  return call('not', value)
}
