import type { Scalar } from '../define/column.js'

/** The key of a cell: the JSON array `[windowStartMs, dimension, …]`, dimensions as held (a decimal scaled, a time in UTC ms). */
export function cellKey(windowStartMs: number, dims: readonly Scalar[]): string {
  return JSON.stringify([windowStartMs, ...dims])
}

/** Inverse of `cellKey`. @throws where the text is no such array. */
export function parseCellKey(key: string): { windowStartMs: number; dims: Scalar[] } {
  const parsed: unknown = JSON.parse(key)
  if (!Array.isArray(parsed) || !Number.isSafeInteger(parsed[0])) throw new Error(`"${key}" is not the key of a cell`)
  // keys are written by cellKey alone, so what follows the window are scalars
  const [windowStartMs, ...dims] = parsed as [number, ...Scalar[]]
  return { windowStartMs, dims }
}

/** The window start of a key, without parsing the rest: keys are looked at by the hundred thousand. */
export function windowOfKey(key: string): number {
  const comma = key.indexOf(',')
  return Number(key.slice(1, comma < 0 ? -1 : comma))
}

/** The key with another window start. */
export function withWindow(key: string, windowStartMs: number): string {
  const comma = key.indexOf(',')
  return `[${windowStartMs}${key.slice(comma < 0 ? -1 : comma)}`
}

/** Order of cells within a list: by window, then by the key's text. */
export function compareKeys(a: string, b: string): number {
  return windowOfKey(a) - windowOfKey(b) || (a < b ? -1 : a > b ? 1 : 0)
}
