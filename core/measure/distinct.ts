import type { BooleanExpr, IntegerExpr, TextExpr, TimeExpr } from '../expression/expr.js'
import { freeze } from '../freeze.js'
import { type Measure, measureOf } from './measure.js'

export interface DistinctOptions {
  /** 2^precision registers, 4 to 16; the standard error is 1.04 / sqrt(2^precision). @default 12 (1.6 %) */
  readonly precision?: number
}

/** Estimated number of different values that are not null (HyperLogLog, see `hll.ts`). Text, integers, booleans and times. */
export function distinct(
  value: TextExpr | IntegerExpr | BooleanExpr | TimeExpr,
  options: DistinctOptions = {},
): Measure {
  const { precision = 12 } = options
  if (!(Number.isInteger(precision) && precision >= 4 && precision <= 16)) {
    throw new RangeError(`distinct() takes a precision of 4 to 16, got ${precision}`)
  }
  const kind = (value?.type as { kind: string } | undefined)?.kind
  if (kind !== 'text' && kind !== 'integer' && kind !== 'boolean' && kind !== 'time') {
    throw new Error(`distinct() reads text, integers, booleans or times, got ${kind ?? String(value)}`)
  }
  return measureOf({ kind: 'distinct', input: freeze({ kind }), precision }, value.node)
}
