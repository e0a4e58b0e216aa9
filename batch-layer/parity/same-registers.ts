import { decodeRegisters, type RegisterValue } from '../../core/cell/index.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'

/** Relative tolerance of a sum of reals: the two layers may add them in another order. */
const REAL_TOLERANCE = 1e-9

/** Whether two register texts of a view agree: the same text, or for registers of reals the same within the tolerance. */
export function sameRegisters(view: ViewDefinition): (a: string, b: string) => boolean {
  const real = view.registers.map((spec) => spec.kind === 'number' && spec.number === 'real')
  if (!real.includes(true)) return (a, b) => a === b
  return (a, b) => {
    if (a === b) return true
    const [left, right] = [decodeRegisters(view.registers, a), decodeRegisters(view.registers, b)]
    return real.every((isReal, i) => agree(left[i], right[i], isReal))
  }
}

function agree(a: RegisterValue | undefined, b: RegisterValue | undefined, isReal: boolean): boolean {
  if (isReal && typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= REAL_TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
  }
  return a === b
}
