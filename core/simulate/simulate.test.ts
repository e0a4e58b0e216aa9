import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localText } from './local-text.js'
import { seededRandom } from './seeded-random.js'
import { timeQueue } from './time-queue.js'
import { zipf } from './zipf.js'

test('law: a queue gives its items back in the order of their times, equal times as they came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = timeQueue<number>()
      times.forEach((atMs, i) => {
        queue.add(atMs, i)
      })
      const taken = times.map(() => queue.take())
      const expected = times.map((atMs, item) => ({ atMs, item })).sort((a, b) => a.atMs - b.atMs || a.item - b.item)
      expect(taken.map(({ atMs, item }) => ({ atMs, item }))).toEqual(expected)
      expect(queue.size).toBe(0)
      expect(queue.nextMs).toBe(Number.POSITIVE_INFINITY)
    }),
  )
  expect(() => timeQueue().take()).toThrow('the queue is empty')
})

test('equal seeds give equal sequences; neighbouring seeds and salts do not', () => {
  const draw = (seed: number, salt?: number) => Array.from({ length: 4 }, seededRandom(seed, salt).next)
  expect(draw(1)).toEqual(draw(1))
  const all = [draw(1), draw(2), draw(3), draw(1, 1), draw(1, 2), draw(2, 1)].flat()
  expect(new Set(all).size).toBe(all.length)
  expect(all.every((x) => x >= 0 && x < 1)).toBe(true)
})

test('draws have the mean that they should', () => {
  const random = seededRandom(5)
  const mean = (draw: () => number) => Array.from({ length: 20_000 }, draw).reduce((sum, x) => sum + x, 0) / 20_000
  expect(mean(() => random.next())).toBeCloseTo(0.5, 1)
  expect(mean(() => random.int(1, 5))).toBeCloseTo(3, 1)
  expect(mean(() => random.exponential(4)) / 4).toBeCloseTo(1, 1)
  expect(mean(() => random.normal(10, 2))).toBeCloseTo(10, 0)
  expect(mean(() => random.weighted([1, 0, 3]))).toBeCloseTo(1.5, 1)
  expect(mean(() => Number(random.chance(0.2)))).toBeCloseTo(0.2, 1)
})

test('Zipf draws the first rank most, and every rank in range', () => {
  const random = seededRandom(9)
  const draw = zipf(100, 1.1)
  const counts = Array<number>(100).fill(0)
  for (let i = 0; i < 20_000; i++) {
    const rank = draw(random)
    counts[rank] = (counts[rank] ?? 0) + 1
  }
  expect(counts).toHaveLength(100)
  expect(counts[0]).toBeGreaterThan((counts[1] as number) * 1.5)
  expect(counts[99]).toBeGreaterThan(0)
})

test('an instant is written as wall time of its zone', () => {
  expect(localText(Date.UTC(2024, 0, 1), 'Asia/Seoul')).toBe('2024-01-01T09:00:00.000')
  expect(localText(Date.UTC(2024, 6, 1, 0, 0, 0, 7), 'America/New_York')).toBe('2024-06-30T20:00:00.007')
})
