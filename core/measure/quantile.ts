import type { NumberExpr } from '../expression/expr.js'
import { freeze } from '../freeze.js'
import { type Measure, measureOf } from './measure.js'
import { numberTypeOf } from './number-type.js'

export interface QuantileOptions {
  /**
   * Largest relative error of an answer, 0.001 to 0.25; rounded down to 1 / (2 · a power of two). For reals it holds where the
   * magnitude is at least 2^-64 (smaller ones count as 0) and below 2^128. @default 1/128
   */
  readonly relativeError?: number
}

/**
 * Quantiles of the values that are not null: for each probability p the value of rank ceil(p · n), within the stated relative
 * error (whole numbers below 2 / error, as scaled, are exact). Null where there are none.
 *
 * @param probabilities one in (0, 1), answered as a number, or several, answered as `{ p50: …, p95: … }`.
 */
export function quantile(
  value: NumberExpr,
  probabilities: number | readonly number[],
  options: QuantileOptions = {},
): Measure {
  const { relativeError = 1 / 128 } = options
  if (!(relativeError >= 0.001 && relativeError <= 0.25)) {
    throw new RangeError(`quantile() takes a relativeError of 0.001 to 0.25, got ${relativeError}`)
  }
  const list = typeof probabilities === 'number' ? [probabilities] : [...probabilities].sort((a, b) => a - b)
  if (list.length === 0 || list.some((p, i) => !(p > 0 && p < 1) || p === list[i - 1])) {
    throw new RangeError(
      `quantile() takes different probabilities between 0 and 1, got ${JSON.stringify(probabilities)}`,
    )
  }
  let steps = 2
  while (1 / (2 * steps) > relativeError) steps *= 2
  return measureOf(
    { kind: 'quantile', input: numberTypeOf(value, 'quantile'), probabilities: freeze(list), steps },
    value.node,
  )
}
