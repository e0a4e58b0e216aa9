import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Scalar } from '../define/column.js'
import { compileRecordId, type RecordId } from './record-id.js'

const one = compileRecordId({ id: ['a'] }) as RecordId
const two = compileRecordId({ id: ['a', 'b'] }) as RecordId

describe('the id of a record', () => {
  test('is none where the stream has none, or where one of its columns is null', () => {
    expect(compileRecordId({ id: null })).toBeNull()
    expect(one({ a: null })).toBeNull()
    expect(two({ a: 'x', b: null })).toBeNull()
    expect(two({ a: null, b: 1 })).toBeNull()
  })

  test('is one line of text, readable while it is short', () => {
    expect(one({ a: 'order-7' })).toBe('"order-7"')
    expect(one({ a: 'two\nlines' })).toBe('"two\\nlines"')
    expect(one({ a: '' })).toBe('""')
    expect(two({ a: 'A70384401', b: 202102 })).toBe('"A70384401",202102')
  })

  test('is at most 71 characters long, and still tells long ids apart', () => {
    const long = one({ a: 'x'.repeat(1_000_000) })
    expect(long).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(one({ a: 'x'.repeat(1_000_001) })).not.toBe(long)
  })

  test('law: equal ids have equal texts, different ids different ones', () => {
    const scalar: fc.Arbitrary<Scalar> = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.constantFrom('"', ',', '","', '\\', '1', 'true', '\n'),
      fc.maxSafeInteger(),
      fc.boolean(),
    )
    const pair = fc.tuple(scalar, scalar)
    fc.assert(
      fc.property(pair, pair, ([a, b], [c, d]) => {
        expect(two({ a, b }) === two({ a: c, b: d })).toBe(a === c && b === d)
      }),
      { numRuns: 2_000 },
    )
  })
})
