import type { RegisterSpec } from '../measure/register-spec.js'
import { decodeRegisters } from './decode-registers.js'
import { encodeRegisters } from './encode-registers.js'

/** Relative tolerance of a sum of reals, whose terms may be added in any order. */
export const REAL_TOLERANCE = 1e-9

/** True where two encoded registers are equal: to the bit, except that real sums may differ by `REAL_TOLERANCE`. */
export function registersAgree(specs: readonly RegisterSpec[], a: string, b: string): boolean {
  if (a === b) return true
  const real = specs.map((spec) => spec.kind === 'number' && spec.number === 'real' && spec.op === 'add')
  if (!real.includes(true)) return false
  const left = decodeRegisters(specs, a)
  const right = decodeRegisters(specs, b)
  for (const [i, isReal] of real.entries()) {
    if (!isReal) continue
    const [x, y] = [left[i] as number, right[i] as number]
    // what left the range of reals answers overflow, whichever way it left
    if (Number.isFinite(x) !== Number.isFinite(y)) return false
    if (Math.abs(x - y) > REAL_TOLERANCE * Math.max(Math.abs(x), Math.abs(y))) return false
    left[i] = 0
    right[i] = 0
  }
  return encodeRegisters(specs, left) === encodeRegisters(specs, right)
}
