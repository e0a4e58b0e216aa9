import type { RegisterSpec } from '../measure/register-spec.js'
import type { Registers } from './cell.js'
import { encodeHistogram } from './encode-histogram.js'
import { encodeHll } from './encode-hll.js'

/**
 * Registers as text: joined by commas, numbers in decimal (reals by their shortest digits), null as '', sketches by
 * `encodeHll` and `encodeHistogram`. Canonical: equal registers ⇔ equal text. Holds no newline.
 */
export function encodeRegisters(specs: readonly RegisterSpec[], registers: Readonly<Registers>): string {
  let text = ''
  for (let i = 0; i < specs.length; i++) {
    if (i > 0) text += ','
    const value = registers[i]
    if (typeof value === 'number' || typeof value === 'bigint') text += value
    else if (value !== null && value !== undefined) {
      const spec = specs[i] as RegisterSpec
      text += spec.kind === 'hll' ? encodeHll(value, spec.precision) : encodeHistogram(value)
    }
  }
  return text
}
