import type { BooleanExpr } from '../expression/expr.js'
import type { ExprNode } from '../expression/expr-node.js'
import { freeze } from '../freeze.js'
import type { MeasureSpec } from './measure-spec.js'

/** A measure as a view's callback names it: what to compute, of what, and for which records. Immutable. */
export interface Measure {
  readonly spec: MeasureSpec
  /** Null for `count()`. */
  readonly value: ExprNode | null
  readonly condition: ExprNode | null
  /** The same measure over the records for which `condition` is true alone. Several conditions must all be true. */
  where(condition: BooleanExpr): Measure
}

export function measureOf(spec: MeasureSpec, value: ExprNode | null, condition: ExprNode | null = null): Measure {
  return freeze({
    spec: freeze(spec),
    value,
    condition,
    where: (also: BooleanExpr) => {
      if (also?.type?.kind !== 'boolean')
        throw new Error(`${spec.kind}().where needs a condition, a boolean expression`)
      const both =
        condition === null
          ? also.node
          : freeze({ kind: 'call' as const, op: 'and' as const, args: freeze([condition, also.node]) })
      return measureOf(spec, value, both)
    },
  })
}
