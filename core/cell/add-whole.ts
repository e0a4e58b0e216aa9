/**
 * Exact sum of whole numbers: a number while it is safe, a bigint beyond. The form depends on the value alone, so that equal
 * sums are equal text whatever the order of their terms.
 */
export function addWhole(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER) return sum
  }
  return wholeOf(BigInt(a) + BigInt(b))
}

/** A bigint in the form that `addWhole` keeps. */
export function wholeOf(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

/** Square of a whole number, exact. */
export function squareOf(value: number): number | bigint {
  const square = value * value
  return square <= Number.MAX_SAFE_INTEGER ? square : BigInt(value) * BigInt(value)
}
