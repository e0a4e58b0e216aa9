import { createHash as createDigest } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { text } from '../../test/algebra/arbitrary-rows.js'
import { createHash } from './md5.js'

const hash = createHash()

function words(value: string): bigint {
  const { low, high } = hash(value)
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

test('known answers', () => {
  expect(words('')).toBe(338333539836370388n)
  expect(words('abc')).toBe(Buffer.from('900150983cd24fb0', 'hex').readBigUInt64LE(0))
  expect(words('생수')).toBe(createDigest('md5').update('생수').digest().readBigUInt64LE(0))
})

test('every length up to four blocks, and any text, hash as the runtime hashes them', () => {
  for (let length = 0; length <= 260; length++) {
    const value = 'é'.repeat(length % 3) + 'x'.repeat(length)
    expect(words(value)).toBe(createDigest('md5').update(value).digest().readBigUInt64LE(0))
  }
  fc.assert(
    fc.property(text, (value) => words(value) === createDigest('md5').update(value).digest().readBigUInt64LE(0)),
  )
})
