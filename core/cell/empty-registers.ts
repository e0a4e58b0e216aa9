import type { RegisterSpec } from '../measure/register-spec.js'
import type { Registers } from './cell.js'

/** The identity of merge: sums 0, extremes null, sketches empty. A fresh array at each call. */
export function emptyRegisters(specs: readonly RegisterSpec[]): Registers {
  return specs.map((spec) => (spec.kind !== 'number' ? new Map<number, number>() : spec.op === 'add' ? 0 : null))
}
