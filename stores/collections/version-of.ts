/** Digits of the largest safe integer. */
const DIGITS = 16

/**
 * The version of a document that a record wrote: first by the running maximum of its partition's append times, then by its
 * offset. As text of equal length, so that text compares as the numbers do.
 */
export function versionOf(timeMs: number, offset: number): string {
  return `${digits(timeMs)}-${digits(offset)}`
}

function digits(value: number): string {
  if (!(Number.isSafeInteger(value) && value >= 0)) throw new RangeError(`a version needs whole numbers, got ${value}`)
  return String(value).padStart(DIGITS, '0')
}
