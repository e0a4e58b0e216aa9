import type { NumberExpr } from '../expression/expr.js'
import { type Measure, measureOf } from './measure.js'
import { numberTypeOf } from './number-type.js'

/** Arithmetic mean of the values that are not null; null where there are none. */
export function mean(value: NumberExpr): Measure {
  return measureOf({ kind: 'mean', input: numberTypeOf(value, 'mean') }, value.node)
}
