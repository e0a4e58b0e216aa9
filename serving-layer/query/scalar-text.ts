import type { ColumnType, Scalar } from '../../core/define/column.js'

/** A dimension's value from a parameter's text, as cells hold it; undefined where the text is none. */
export function parseScalar(text: string, type: ColumnType): Scalar | undefined {
  switch (type.kind) {
    case 'text':
      return text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'integer':
      return whole(text)
    case 'decimal':
      return scaled(text, type.scale)
    case 'time': {
      const timeMs = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text)
      return Number.isSafeInteger(timeMs) ? timeMs : undefined
    }
    case 'real':
      return undefined
  }
}

/** A dimension's value as an answer shows it: decimals unscaled, instants in ISO 8601. */
export function shownScalar(value: Scalar, type: ColumnType): Scalar {
  if (typeof value !== 'number') return value
  if (type.kind === 'decimal') return value / 10 ** type.scale
  return type.kind === 'time' ? new Date(value).toISOString() : value
}

function whole(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

function scaled(text: string, scale: number): number | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const fraction = match[2] ?? ''
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) return undefined
  return whole(`${match[1]}${fraction.slice(0, scale).padEnd(scale, '0')}`)
}
