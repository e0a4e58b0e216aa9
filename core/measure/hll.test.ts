import fc from 'fast-check'
import { expect, test } from 'vitest'
import { text } from '../../test/algebra/arbitrary-rows.js'
import { addHllCode, createHllReader, estimateHll } from './hll.js'
import { createHash } from './md5.js'

test('a code is the low bits and one more than the trailing zeros of the rest', () => {
  const hash = createHash()
  for (const precision of [4, 12, 16]) {
    const read = createHllReader(precision)
    fc.assert(
      fc.property(text, (value) => {
        const { low, high } = hash(value)
        const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
        const rest = bits >> BigInt(precision)
        let rho = 1
        while (rho < 65 - precision && ((rest >> BigInt(rho - 1)) & 1n) === 0n) rho++
        expect(read(value)).toBe(Number(bits & BigInt(2 ** precision - 1)) * 64 + rho)
      }),
    )
  }
})

test('numbers and booleans are hashed by their text, also out of the cache', () => {
  const read = createHllReader(12)
  for (let i = 0; i < 2; i++) {
    expect(read(42)).toBe(read('42'))
    expect(read(true)).toBe(read('true'))
    expect(read(-7)).toBe(read('-7'))
  }
})

test.each([0, 1, 10, 500, 5000, 40_000, 200_000])(
  '%i different values are estimated within three standard errors',
  (n) => {
    const read = createHllReader(12)
    const registers = new Map<number, number>()
    for (let i = 0; i < n; i++) addHllCode(registers, read(`member-${i}`))
    expect(Math.abs(estimateHll(registers, 12) - n)).toBeLessThanOrEqual(Math.max(1, 3 * 0.01625 * n))
  },
)
