import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineCollection } from './define-collection.js'
import { defineSource, type SourceLimits, type SourceOptions } from './source-definition.js'

const options = (limits: Partial<SourceLimits> = {}): SourceOptions => ({
  name: 'prices',
  description: 'prices of a shop',
  into: defineCollection({ name: 'offers', id: 'item', schema: z.object({ item: z.string() }) }),
  limits,
  crawl: async () => undefined,
  read: () => [],
})

test('a source that says nothing of them has limits, keeps the last of each id and sends a changed value as it is', () => {
  const source = defineSource(options())
  expect(source.limits).toEqual({
    requestsPerSecond: 5,
    parallelPerHost: 2,
    attempts: 5,
    timeoutMs: 20_000,
    requestsPerDay: null,
    zone: 'UTC',
    maxBytes: 16 * 1024 * 1024,
    robots: true,
  })
  const item = (id: string, value: number) => ({ id, value })
  expect(source.clean([item('a', 1), item('b', 2), item('a', 3)])).toEqual([item('a', 3), item('b', 2)])
  expect(source.same({ n: 1 })).toEqual({ n: 1 })
  expect(source.revise(1, 2)).toEqual([2])
  expect(Object.isFrozen(source)).toBe(true)
})

test.each<[Partial<SourceLimits>, string]>([
  [{ requestsPerSecond: 0 }, 'limits.requestsPerSecond must be above 0, got 0'],
  [{ attempts: 0 }, 'limits.attempts must be a whole number of at least 1, got 0'],
  [{ parallelPerHost: 1.5 }, 'limits.parallelPerHost must be a whole number of at least 1, got 1.5'],
  [{ requestsPerDay: 0 }, 'limits.requestsPerDay must be a whole number of at least 1, got 0'],
  [{ maxBytes: Number.NaN }, 'limits.maxBytes must be a whole number of at least 1, got NaN'],
])('limits %o are refused by name', (limits, message) => {
  expect(() => defineSource(options(limits))).toThrow(`source "prices": ${message}`)
})

test('a zone that does not exist and a name that no path may have are refused', () => {
  expect(() => defineSource(options({ zone: 'Asia/Nowhere' }))).toThrow(RangeError)
  expect(() => defineSource({ ...options(), name: 'Prices!' })).toThrow('source "Prices!"')
})
