import fc from 'fast-check'
import { expect, test } from 'vitest'
import { whole } from '../../test/algebra/arbitrary-rows.js'
import type { RegisterSpec } from '../measure/register-spec.js'
import type { EncodedCell, Registers, RegisterValue } from './cell.js'
import { cellKey } from './cell-key.js'
import { coarsen } from './coarsen.js'
import { decodeRegisters } from './decode-registers.js'
import { emptyRegisters } from './empty-registers.js'
import { encodeRegisters } from './encode-registers.js'
import { mergeEncoded } from './merge-encoded.js'
import { mergeInto } from './merge-into.js'

// every kind of register that merges exactly; sums of reals hold within their tolerance only
const SPECS: readonly RegisterSpec[] = [
  { kind: 'number', name: 'n', op: 'add', number: 'whole' },
  { kind: 'number', name: 's2', op: 'add', number: 'whole' },
  { kind: 'number', name: 'min', op: 'min', number: 'whole' },
  { kind: 'number', name: 'max', op: 'max', number: 'real' },
  { kind: 'hll', name: 'h4', precision: 4 },
  { kind: 'hll', name: 'h12', precision: 12 },
  { kind: 'hll', name: 'h14', precision: 14 },
  { kind: 'histogram', name: 'q' },
]

const big = fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }).filter((n) => n > 2n ** 53n || n < -(2n ** 53n))
const sparse = (indices: number) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: indices - 1 }), fc.integer({ min: 1, max: 50 })), { maxLength: 40 })
const dense = fc
  .array(fc.integer({ min: 1, max: 50 }), { minLength: 1300, maxLength: 4096 })
  .map((rhos) => rhos.map((rho, i): [number, number] => [i, rho]))
const map = (entries: fc.Arbitrary<[number, number][]>) => entries.map((list) => new Map(list))

const registers = fc.tuple<RegisterValue[]>(
  fc.oneof(whole, big),
  fc.oneof(whole, big),
  fc.option(whole, { nil: null }),
  fc.option(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
    { nil: null },
  ),
  map(sparse(16)),
  map(fc.oneof({ weight: 5, arbitrary: sparse(4096) }, { weight: 1, arbitrary: dense })),
  map(sparse(16_384)),
  map(fc.array(fc.tuple(fc.integer({ min: -4000, max: 4000 }), fc.integer({ min: 1, max: 1e6 })), { maxLength: 30 })),
)

const encode = (value: Registers) => encodeRegisters(SPECS, value)
const merged = (...all: Registers[]): Registers => {
  const target = emptyRegisters(SPECS)
  for (const one of all) mergeInto(SPECS, target, one)
  return target
}

test('law: merge is commutative and associative, and the empty registers are its identity', () => {
  fc.assert(
    fc.property(registers, registers, registers, (a, b, c) => {
      expect(encode(merged(a, b))).toBe(encode(merged(b, a)))
      expect(encode(merged(merged(a, b), c))).toBe(encode(merged(a, merged(b, c))))
      expect(encode(merged(a))).toBe(encode(a))
      const kept = encode(a)
      mergeInto(SPECS, a, emptyRegisters(SPECS))
      expect(encode(a)).toBe(kept)
    }),
  )
})

test('merge leaves its source as it was', () => {
  fc.assert(
    fc.property(registers, registers, (a, b) => {
      const before = encode(b)
      const target = merged(a)
      mergeInto(SPECS, target, b)
      mergeInto(SPECS, target, a)
      expect(encode(b)).toBe(before)
    }),
  )
})

test('law: decoding what was encoded is the identity, and the text holds no newline', () => {
  fc.assert(
    fc.property(registers, (value) => {
      const text = encode(value)
      expect(text).not.toContain('\n')
      expect(decodeRegisters(SPECS, text)).toEqual(value)
      expect(encode(decodeRegisters(SPECS, text))).toBe(text)
    }),
  )
})

test('equal registers are equal text whatever the order in which they were filled', () => {
  fc.assert(
    fc.property(registers, (value) => {
      const turned = value.map((one) => (one instanceof Map ? new Map([...one].reverse()) : one))
      expect(encode(turned)).toBe(encode(value))
    }),
  )
})

test('a sum past 2^53 is exact, and returns to a number when it comes back', () => {
  const spec: readonly RegisterSpec[] = [SPECS[0] as RegisterSpec]
  const target: Registers = [Number.MAX_SAFE_INTEGER]
  mergeInto(spec, target, [Number.MAX_SAFE_INTEGER])
  expect(target).toEqual([18014398509481982n])
  expect(encodeRegisters(spec, target)).toBe('18014398509481982')
  mergeInto(spec, target, [-Number.MAX_SAFE_INTEGER])
  expect(target).toEqual([Number.MAX_SAFE_INTEGER])
})

test('text that does not fit the registers is refused', () => {
  expect(() => decodeRegisters(SPECS.slice(0, 2), '1')).toThrow('do not have 2 fields')
  expect(() => decodeRegisters(SPECS.slice(0, 2), '1,2,3')).toThrow('do not have 2 fields')
  expect(() => decodeRegisters(SPECS.slice(0, 2), '1,x')).toThrow('register s2: "x" is not a number')
  expect(() => decodeRegisters(SPECS.slice(0, 2), '1,')).toThrow('register s2: "" is not a number')
})

const view = { registers: SPECS.slice(0, 3) }
const cell: fc.Arbitrary<EncodedCell> = fc
  .record({
    minute: fc.integer({ min: -3000, max: 3000 }),
    word: fc.option(fc.constantFrom('a', 'b,]', '"', '생수'), { nil: null }),
    n: whole,
  })
  .map(({ minute, word, n }) => ({
    key: cellKey(minute * 60_000, [word, 7]),
    registers: encodeRegisters(view.registers, [n, 1, n]),
  }))
const cells = fc.array(cell, { maxLength: 60 })

test('law: lists of cells merge in any order and grouping to the same list, one cell a key, in order', () => {
  fc.assert(
    fc.property(cells, cells, cells, (a, b, c) => {
      const whole = mergeEncoded(view, [a, b, c])
      expect(mergeEncoded(view, [mergeEncoded(view, [c, b]), a])).toEqual(whole)
      expect(mergeEncoded(view, [whole])).toEqual(whole)
      expect(new Set(whole.map(({ key }) => key)).size).toBe(whole.length)
    }),
  )
})

test('law: coarsening in two steps is coarsening in one, and coarsening what is merged is merging what is coarsened', () => {
  const hour = 3_600_000
  fc.assert(
    fc.property(cells, cells, (a, b) => {
      const all = mergeEncoded(view, [a, b])
      expect(coarsen(view, coarsen(view, all, 300_000), hour)).toEqual(coarsen(view, all, hour))
      expect(mergeEncoded(view, [coarsen(view, a, hour), coarsen(view, b, hour)])).toEqual(coarsen(view, all, hour))
    }),
  )
})
