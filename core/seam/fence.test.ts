import { expect, it } from 'vitest'
import { fence } from './index.js'

const stored = { generation: 'g', next: 10, floor: 4, nonce: 'n1' }
const delta = { generation: 'g', from: 10, floor: 4, nonce: 'n2' }

it.each([
  ['starts where the stored state ends', stored, delta, 'apply'],
  ['comes from an owner that has not heard of a drop', stored, { ...delta, floor: 3 }, 'apply'],
  ['was applied before, its reply lost', { ...stored, next: 20 }, { ...delta, nonce: 'n1' }, 'already-applied'],
  ['starts elsewhere', stored, { ...delta, from: 9 }, 'refuse'],
  ['has forgotten epochs that an older state holds again', stored, { ...delta, floor: 5 }, 'refuse'],
  ['belongs to a state that was wiped', stored, { ...delta, generation: 'h' }, 'refuse'],
  ['meets no state', null, delta, 'refuse'],
] as const)('a delta that %s', (_, state, sent, verdict) => expect(fence(state, sent)).toBe(verdict))
