import fc from 'fast-check'
import { expect, test } from 'vitest'
import { real, whole } from '../../test/algebra/arbitrary-rows.js'
import { bucketBounds, bucketMiddle, bucketScheme, createBucketReader, quantileOf } from './histogram.js'

test('both neighbours of every bound lie on their side of it', () => {
  for (const steps of [2, 64]) {
    const scheme = bucketScheme('real', steps)
    const read = createBucketReader(scheme)
    const last = (scheme.lastExponent - scheme.firstExponent + 1) * steps
    for (let bucket = 1; bucket <= last; bucket++) {
      const { low, high } = bucketBounds(bucket, scheme)
      const below = low * (1 - 2 ** -53)
      const under = high * (1 - 2 ** -53)
      expect([read(low), read(under), read(-low), read(-under), read(below)]).toEqual([
        bucket,
        bucket,
        -bucket,
        -bucket,
        bucket - 1,
      ])
    }
  }
})

test('whole numbers: every bucket holds its bounds, and small numbers have a bucket of their own', () => {
  const scheme = bucketScheme('whole', 64)
  const read = createBucketReader(scheme)
  for (let n = -127; n <= 127; n++) expect(bucketMiddle(read(n), scheme, 'whole')).toBe(n)
  fc.assert(
    fc.property(whole, (n) => {
      const bucket = read(n)
      if (n === 0) return bucket === 0
      const { low, high } = bucketBounds(Math.abs(bucket), scheme)
      return Math.abs(n) >= low && Math.abs(n) < high && Math.sign(n) === Math.sign(bucket)
    }),
  )
})

test('law: a larger number never has a smaller bucket', () => {
  const read = createBucketReader(bucketScheme('real', 64))
  fc.assert(fc.property(real, real, (a, b) => (a < b ? read(a) <= read(b) : read(a) >= read(b))))
})

test('a quantile lies within the stated relative error of the value of its rank', () => {
  const scheme = bucketScheme('whole', 64)
  const read = createBucketReader(scheme)
  fc.assert(
    fc.property(fc.array(whole, { minLength: 1 }), fc.constantFrom(0.01, 0.5, 0.95, 0.999), (values, probability) => {
      const buckets = new Map<number, number>()
      for (const value of values) buckets.set(read(value), (buckets.get(read(value)) ?? 0) + 1)
      const exact = [...values].sort((a, b) => a - b)[Math.ceil(probability * values.length) - 1] as number
      const answer = quantileOf(buckets, probability, scheme, 'whole') as number
      expect(Math.abs(answer - exact)).toBeLessThanOrEqual(Math.abs(exact) / 128)
    }),
  )
})

test('no value has no quantile', () => {
  expect(quantileOf(new Map(), 0.5, bucketScheme('real', 2), 'real')).toBeNull()
})
