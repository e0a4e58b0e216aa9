import type { NumberExpr, TimeExpr } from '../expression/expr.js'
import { type Measure, measureOf } from './measure.js'
import { numberTypeOf } from './number-type.js'

/** Smallest value that is not null; null where there is none. Of a time: UTC milliseconds. */
export function min(value: NumberExpr | TimeExpr): Measure {
  const input = value?.type?.kind === 'time' ? { kind: 'time' as const } : numberTypeOf(value as NumberExpr, 'min')
  return measureOf({ kind: 'min', input }, value.node)
}
