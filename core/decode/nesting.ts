/**
 * Deepest nesting of objects and lists in a record. Without a bound of our own, what is too deep would depend on the
 * stack of whichever process reads it, and the two layers could judge one record differently.
 */
export const MAX_NESTING = 1_000

/** True where JSON text (already known to parse) nests deeper than `MAX_NESTING`. */
export function nestsTooDeep(text: string): boolean {
  // each level takes a character to open
  if (text.length <= MAX_NESTING) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = endOfString(text, at)
    else if (code === 123 || code === 91) {
      if (++depth > MAX_NESTING) return true
    } else if (code === 125 || code === 93) depth--
  }
  return false
}

/** Index of the quote that closes the string which opens at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const code = text.charCodeAt(at)
    if (code === 92) at++
    else if (code === 34) return at
  }
}
