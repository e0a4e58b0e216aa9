import { expect, test } from 'vitest'
import type { RegisterSpec } from '../measure/register-spec.js'
import { registersAgree } from './registers-agree.js'

const SPECS: readonly RegisterSpec[] = [
  { kind: 'number', name: 'n', op: 'add', number: 'whole' },
  { kind: 'number', name: 's', op: 'add', number: 'real' },
]

test('whole registers agree to the bit, sums of reals within 1e-9', () => {
  expect(registersAgree(SPECS, '1,0.3', '1,0.30000000000000004')).toBe(true)
  expect(registersAgree(SPECS, '1,0.3', '1,0.3000000004')).toBe(false)
  expect(registersAgree(SPECS, '1,Infinity', '1,NaN')).toBe(true)
  expect(registersAgree(SPECS, '1,Infinity', '1,5')).toBe(false)
  expect(registersAgree(SPECS, '1,0.3', '2,0.3')).toBe(false)
  expect(registersAgree(SPECS.slice(0, 1), '9007199254740993', '9007199254740992')).toBe(false)
})
