/**
 * An offset as a number, from the broker's text or 64-bit form.
 * @throws RangeError for anything that is not a whole number of 0 to 2^53 − 1: rounding an offset would lose a record.
 */
export function parseOffset(text: string | bigint): number {
  const offset = Number(text)
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`"${text}" is not an offset between 0 and 2^53 - 1`)
  return offset
}
