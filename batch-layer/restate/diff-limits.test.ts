import { expect, test } from 'vitest'
import { compileDiffLimits } from './diff-limits.js'

test('limits are shares or percentages, for all or by name', () => {
  const limits = compileDiffLimits('0.5%, clicks=0.25, cheap = 5 %')
  expect([limits.of('clicks', 'cheap'), limits.of('clicks', 'x'), limits.of('y', 'z')]).toEqual([0.05, 0.25, 0.005])
})

test.each(['x', '-1', '2', '150%', 'a=b'])('the limit %s is refused by name', (text) => {
  expect(() => compileDiffLimits(text)).toThrow(`diff limit "${text}"`)
})
