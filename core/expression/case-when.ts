import { freeze } from '../freeze.js'
import type { BooleanExpr, DecimalExpr, Expr, IntegerExpr, RealExpr, TextExpr, TimeExpr } from './expr.js'
import { call, constant } from './expression-of.js'

/** The bare value that may stand for an expression in a branch: text, a boolean, or a whole number. */
type Bare<E> = E extends TextExpr ? string : E extends BooleanExpr ? boolean : E extends IntegerExpr ? number : never

/** A case under construction: `otherwise` finishes it. */
export interface Case<E extends Expr> {
  when(condition: BooleanExpr, then: E | Bare<E>): Case<E>
  /** The value where no condition is true. */
  otherwise(value: E | Bare<E> | null): E
}

/**
 * The value of the first condition that is true (false and null are not): `caseWhen(e.age.gte(60), 60).otherwise(…)`. All
 * values have one type; of decimals, the largest scale.
 */
export function caseWhen(condition: BooleanExpr, then: TextExpr | string): Case<TextExpr>
export function caseWhen(condition: BooleanExpr, then: IntegerExpr | number): Case<IntegerExpr>
export function caseWhen(condition: BooleanExpr, then: DecimalExpr): Case<DecimalExpr>
export function caseWhen(condition: BooleanExpr, then: RealExpr): Case<RealExpr>
export function caseWhen(condition: BooleanExpr, then: BooleanExpr | boolean): Case<BooleanExpr>
export function caseWhen(condition: BooleanExpr, then: TimeExpr): Case<TimeExpr>
export function caseWhen(condition: BooleanExpr, then: Expr | string | number | boolean): unknown {
  return caseOf([condition, branch(then)])
}

function caseOf(branches: readonly Expr[]): object {
  return freeze({
    when: (condition: BooleanExpr, then: Expr | string | number | boolean) =>
      caseOf([...branches, condition, branch(then)]),
    otherwise: (value: Expr | string | number | boolean | null) => {
      const last = value === null ? constant(null, (branches[1] as Expr).type) : branch(value)
      return call('case', ...branches, last)
    },
  })
}

function branch(value: Expr | string | number | boolean): Expr {
  if (typeof value === 'object') return value
  const kind = typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'boolean' : 'integer'
  return constant(value, { kind })
}
