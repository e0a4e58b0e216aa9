import type { RegisterSpec } from '../measure/register-spec.js'
import type { Registers, RegisterValue } from './cell.js'
import { decodeHistogram } from './encode-histogram.js'
import { decodeHll } from './encode-hll.js'

/** Inverse of `encodeRegisters`. @throws where the text does not have one field per register, or a field is no number. */
export function decodeRegisters(specs: readonly RegisterSpec[], text: string): Registers {
  const registers: Registers = []
  let from = 0
  for (let i = 0; i < specs.length; i++) {
    const comma = text.indexOf(',', from)
    if (comma < 0 !== (i === specs.length - 1)) {
      throw new Error(`registers "${text.slice(0, 200)}" do not have ${specs.length} fields`)
    }
    const to = comma < 0 ? text.length : comma
    registers.push(decodeField(specs[i] as RegisterSpec, text.slice(from, to)))
    from = to + 1
  }
  return registers
}

function decodeField(spec: RegisterSpec, field: string): RegisterValue {
  if (spec.kind === 'hll') return decodeHll(field, spec.precision)
  if (spec.kind === 'histogram') return decodeHistogram(field)
  if (field === '' && spec.op !== 'add') return null
  const value = Number(field)
  // opposite infinities, from sums of reals that left the range, add up to NaN; `finish` calls it overflow
  const isNumber = field !== '' && (!Number.isNaN(value) || (field === 'NaN' && spec.number === 'real'))
  if (!isNumber) throw new Error(`register ${spec.name}: "${field}" is not a number`)
  return spec.number === 'real' || Number.isSafeInteger(value) ? value : BigInt(field)
}
