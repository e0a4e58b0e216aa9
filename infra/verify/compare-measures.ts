import type { MeasureSpec } from '../../core/measure/measure-spec.js'

/** Division and squares in doubles: what two ways of computing a mean or a variance may differ by, relative. */
const DOUBLE_TOLERANCE = 1e-9
/** A sketch states a standard error; five of them are not chance. */
const DEVIATIONS = 5

/**
 * Whether an answered measure equals the recount. `counted` is the database's value over scaled numbers, `answered` the
 * finished one; `overflowed` says that the cell counted a record for which an expression left ±(2^53 − 1).
 */
export function sameMeasure(spec: MeasureSpec, answered: unknown, counted: unknown, overflowed: boolean): boolean {
  if (answered === 'overflow') return overflowed || Math.abs(number(counted) ?? 0) > Number.MAX_SAFE_INTEGER
  switch (spec.kind) {
    case 'count':
      return answered === number(counted)
    case 'sum':
    case 'min':
    case 'max': {
      const expected = scaled(spec, counted, 1)
      if (spec.input.kind === 'real') return close(answered, expected)
      return answered === expected
    }
    case 'mean':
      return close(answered, scaled(spec, counted, 1))
    case 'variance':
      return close(answered, scaled(spec, counted, 2))
    case 'distinct': {
      const exact = number(counted) ?? 0
      return Math.abs((answered as number) - exact) <= 1 + (DEVIATIONS * 1.04 * exact) / Math.sqrt(2 ** spec.precision)
    }
    case 'quantile': {
      const exact = Array.isArray(counted) ? counted : spec.probabilities.map(() => null)
      const values = typeof answered === 'object' && answered !== null ? Object.values(answered) : [answered]
      return exact.every((value, i) => within(values[i], scaled(spec, value, 1), 1 / (2 * spec.steps)))
    }
  }
}

function number(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function scaled(
  spec: { readonly input: { readonly kind: string; readonly scale?: number } },
  value: unknown,
  power: number,
): number | null {
  const plain = number(value)
  return plain === null ? null : plain / 10 ** ((spec.input.scale ?? 0) * power)
}

function close(answered: unknown, expected: number | null): boolean {
  return within(answered, expected, DOUBLE_TOLERANCE)
}

function within(answered: unknown, expected: number | null, relative: number): boolean {
  if (expected === null) return answered === null
  if (typeof answered !== 'number') return false
  return Math.abs(answered - expected) <= relative * Math.max(Math.abs(expected), Math.abs(answered)) + Number.EPSILON
}
