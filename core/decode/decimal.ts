/** The answer of the readers below where there is no number: never a number that a column could hold. */
export const NOT_A_NUMBER = Number.NaN
/** More decimals than the column's scale, and not zeros. */
export const TOO_MANY_DECIMALS = Number.POSITIVE_INFINITY
/** Beyond ±(2^53 − 1) once scaled. */
export const OUT_OF_RANGE = Number.NEGATIVE_INFINITY

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const

/**
 * A JSON number as a whole number scaled by 10^scale, or one of the three answers above. The number is such a decimal if
 * the scaled number, divided again, is the same double: no tolerance, so that both directions are exact.
 */
export function scaledOfNumber(value: number, scale: number): number {
  const power = POWERS[scale] as number
  const scaled = Math.round(value * power)
  if (scaled / power === value && Number.isSafeInteger(scaled)) return scaled === 0 ? 0 : scaled
  if (Number.isNaN(value)) return NOT_A_NUMBER
  return Math.abs(value * power) > Number.MAX_SAFE_INTEGER ? OUT_OF_RANGE : TOO_MANY_DECIMALS
}

/**
 * Text as a whole number scaled by 10^scale, read digit by digit, never through a double: an optional minus, digits, and
 * optionally a point and digits. Zeros beyond the scale are no decimals. No spaces, no plus, no exponent.
 */
export function scaledOfText(text: string, scale: number): number {
  const length = text.length
  const negative = length > 0 && text.charCodeAt(0) === 45
  let at = negative ? 1 : 0
  let digits = 0
  let value = 0
  for (; at < length; at++, digits++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  if (digits === 0) return NOT_A_NUMBER
  let decimals = 0
  let tooMany = false
  if (at < length) {
    if (text.charCodeAt(at) !== 46 || at + 1 === length) return NOT_A_NUMBER
    for (at++; at < length; at++) {
      const digit = text.charCodeAt(at) - 48
      if (digit < 0 || digit > 9) return NOT_A_NUMBER
      if (decimals < scale) {
        value = value * 10 + digit
        decimals++
      } else if (digit !== 0) tooMany = true
    }
  }
  for (; decimals < scale; decimals++) value *= 10
  // every step is exact up to 2^53, and a step beyond it cannot come back below
  if (value > Number.MAX_SAFE_INTEGER) return OUT_OF_RANGE
  if (tooMany) return TOO_MANY_DECIMALS
  return negative && value !== 0 ? -value : value
}

const REAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Text as a finite double, in the forms of a JSON number (leading zeros allowed); NaN where it is none, ∞ out of range. */
export function realOfText(text: string): number {
  if (!REAL.test(text)) return NOT_A_NUMBER
  const value = Number(text)
  if (!Number.isFinite(value)) return OUT_OF_RANGE
  return value === 0 ? 0 : value
}
