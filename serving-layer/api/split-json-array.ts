/**
 * Texts of an array's elements as they were sent, so that a record keeps the digits its sender wrote: reading a number
 * and writing it again may change them.
 *
 * @param text of a JSON array, already known to be well formed
 */
export function splitJsonArray(text: string): readonly string[] {
  const elements: string[] = []
  let depth = 0
  let from = -1
  for (let at = 0; at < text.length; at++) {
    const c = text[at]
    if (c === '"') {
      at = endOfString(text, at)
    } else if (c === '[' || c === '{') {
      depth++
      if (depth === 1) from = at + 1
    } else if (c === ']' || c === '}') {
      depth--
      if (depth === 0) push(elements, text.slice(from, at))
    } else if (c === ',' && depth === 1) {
      push(elements, text.slice(from, at))
      from = at + 1
    }
  }
  return elements
}

function endOfString(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function push(elements: string[], text: string): void {
  const trimmed = text.trim()
  if (trimmed !== '') elements.push(trimmed)
}
