import { createHash } from 'node:crypto'

/** Hex sha256 of plain data, the same for equal data whatever the order of its keys. Undefined fields count as absent. */
export function definitionHash(data: unknown): string {
  return createHash('sha256').update(canonical(data)).digest('hex')
}

function canonical(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map((item) => canonical(item === undefined ? null : item)).join(',')}]`
  if (typeof data === 'object' && data !== null) {
    const entries = Object.entries(data)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`).join(',')}}`
  }
  return JSON.stringify(data)
}
