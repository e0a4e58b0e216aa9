import type { NumberExpr } from '../expression/expr.js'
import { type Measure, measureOf } from './measure.js'
import { numberTypeOf } from './number-type.js'

/**
 * Population variance of the values that are not null; null where there are none. Exact up to the final division for integers
 * and decimals; one whose scaled magnitude passes 2^40 is left out and counts in the cell's `overflow`. For reals the
 * tolerance is relative to the mean square, not to the variance.
 */
export function variance(value: NumberExpr): Measure {
  return measureOf({ kind: 'variance', input: numberTypeOf(value, 'variance') }, value.node)
}
