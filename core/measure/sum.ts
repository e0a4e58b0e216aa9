import type { NumberExpr } from '../expression/expr.js'
import { type Measure, measureOf } from './measure.js'
import { numberTypeOf } from './number-type.js'

/** Exact sum of integers and decimals; the sum of reals has a relative tolerance of 1e-9. Null values add nothing; 0 where there are none. */
export function sum(value: NumberExpr): Measure {
  return measureOf({ kind: 'sum', input: numberTypeOf(value, 'sum') }, value.node)
}
