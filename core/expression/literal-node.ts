import type { ColumnType, Scalar } from '../define/column.js'
import { freeze } from '../freeze.js'
import type { LiteralNode } from './expr-node.js'
import { MAX_SCALE, typeText } from './type-of.js'

/**
 * The literal of a type: a number given for a decimal is scaled by its decimal digits.
 * @throws where the value is not exactly one of the type.
 */
export function literalNode(value: Scalar, type: ColumnType): LiteralNode {
  const node = (held: Scalar): LiteralNode => freeze({ kind: 'literal', type: freeze(type), value: held })
  const refuse = (): never => {
    throw new Error(
      `${typeof value === 'string' ? JSON.stringify(value) : String(value)} is not a value of type ${typeText(type)}`,
    )
  }
  if (value === null) return node(null)
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' ? node(Buffer.from(value).toString()) : refuse()
    case 'boolean':
      return typeof value === 'boolean' ? node(value) : refuse()
    case 'integer':
    case 'time':
      return Number.isSafeInteger(value) ? node((value as number) + 0) : refuse()
    case 'real':
      return Number.isFinite(value) ? node((value as number) + 0) : refuse()
    case 'decimal': {
      if (typeof value !== 'number') return refuse()
      const digits = digitsOf(value)
      if (digits === null || digits.scale > type.scale) return refuse()
      const scaled = digits.unscaled * 10 ** (type.scale - digits.scale)
      return Number.isSafeInteger(scaled) ? node(scaled) : refuse()
    }
  }
}

/** The type that a bare number has beside a number of type `beside`: real beside reals, else by its own digits. */
export function typeOfNumber(value: number, beside: ColumnType): ColumnType {
  if (beside.kind === 'real') return freeze({ kind: 'real' })
  if (Number.isSafeInteger(value)) return freeze({ kind: 'integer' })
  const digits = digitsOf(value)
  if (digits === null) throw new Error(`${value} has no exact form with at most ${MAX_SCALE} decimals`)
  return freeze({ kind: 'decimal', scale: digits.scale })
}

/** A number as a whole number over a power of ten, by its shortest decimal text; null where that needs too many digits. */
function digitsOf(value: number): { unscaled: number; scale: number } | null {
  const match = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(String(value))
  if (match === null) return null
  const decimals = match[2] ?? ''
  const unscaled = Number(`${match[1]}${decimals}`)
  return Number.isSafeInteger(unscaled) ? { unscaled: unscaled + 0, scale: decimals.length } : null
}
