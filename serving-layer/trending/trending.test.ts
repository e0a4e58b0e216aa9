import { beforeEach, describe, expect, test } from 'vitest'
import { shop } from '../testing/definitions.js'
import { openAnswers, parametersOf } from '../testing/open-answers.js'
import { World } from '../testing/world.js'
import { earlierHours, parseTrendingQuery } from './trending-query.js'

const MINUTE = 60_000
const WEEK = 7 * 24 * 60 * MINUTE

let world: World
let serving: Awaited<ReturnType<typeof openAnswers>>

beforeEach(async () => {
  world = new World(shop)
  await world.begin()
  serving = await openAnswers(world)
})

/** `n` searches of a word at an instant, whenever they arrive. */
function searches(word: string, n: number, at: number): void {
  for (let i = 0; i < n; i++)
    world.append('searches', i % 2, { at, word, gender: 'W', age: 30, member: `m${i}`, paid: 0 })
}

async function trending(text = '') {
  const view = serving.readers.views.get('words')?.view
  if (!view) throw new Error('no view')
  return serving.answers.trending(parseTrendingQuery(view, parametersOf(text), world.clock.now()))
}

describe('trending', () => {
  test('without an earlier week history is short and the rank is by current, ties by key', async () => {
    searches('b', 3, world.clock.nowMs)
    searches('a', 3, world.clock.nowMs - 4 * MINUTE)
    searches('c', 9, world.clock.nowMs - 5 * MINUTE)
    searches('d', 4, world.clock.nowMs)
    await world.flushAll()
    const { history, weeks, rows, from, to } = await trending()
    expect({ history, weeks }).toEqual({ history: 'short', weeks: 0 })
    expect(rows).toEqual([
      { word: 'd', current: 4, expected: null, score: 4 },
      { word: 'a', current: 3, expected: null, score: 3 },
      { word: 'b', current: 3, expected: null, score: 3 },
    ])
    expect([from, to]).toEqual(['2024-05-01T02:56:00.000Z', '2024-05-01T03:01:00.000Z'])
  })

  test('the current rate is set against the mean of the same hour of earlier weeks, from segments alone', async () => {
    const hour = Date.UTC(2024, 4, 1, 3)
    searches('usual', 120, hour - WEEK + 30 * MINUTE)
    searches('usual', 72, hour - 2 * WEEK)
    searches('usual', 1000, hour - WEEK - MINUTE) // the hour before
    searches('rare', 24, hour - WEEK + 59 * MINUTE)
    world.clock.nowMs += MINUTE
    searches('usual', 10, world.clock.nowMs)
    searches('rare', 8, world.clock.nowMs)
    searches('new', 3, world.clock.nowMs)
    await world.flushAll()
    expect((await trending()).history).toBe('short') // the past is still hot
    await world.seal('searches')
    world.clock.nowMs += 1_500
    const { history, weeks, rows } = await trending()
    expect({ history, weeks }).toEqual({ history: 'full', weeks: 2 })
    const expected = { usual: (120 + 72) / 2 / 12, rare: 24 / 2 / 12, new: 0 }
    const score = (current: number, usual: number) => (current - usual) / Math.sqrt(usual + 1)
    expect(rows).toEqual([
      { word: 'rare', current: 8, expected: expected.rare, score: score(8, expected.rare) },
      { word: 'new', current: 3, expected: 0, score: 3 },
      { word: 'usual', current: 10, expected: expected.usual, score: score(10, expected.usual) },
    ])
  })

  test('ties of the score go by current, then by key', async () => {
    const hour = Date.UTC(2024, 4, 1, 3)
    searches('x', 36, hour - WEEK) // expected 3
    world.clock.nowMs += MINUTE
    searches('b', 1, world.clock.nowMs)
    searches('a', 1, world.clock.nowMs)
    searches('x', 5, world.clock.nowMs) // (5 − 3) / √4 = 1
    await world.flushAll()
    await world.seal('searches')
    expect((await trending()).rows.map(({ word, score }) => [word, score])).toEqual([
      ['x', 1],
      ['a', 1],
      ['b', 1],
    ])
  })

  test('filters and other dimensions', async () => {
    searches('a', 2, world.clock.nowMs)
    searches('b', 3, world.clock.nowMs)
    await world.flushAll()
    expect((await trending('filter=word:is:a')).rows).toMatchObject([{ word: 'a', current: 2 }])
    expect((await trending('groupBy=gender&measure=ages')).rows).toMatchObject([{ gender: 'W', current: 150 }])
    await expect(trending('measure=oldest')).rejects.toThrow(
      /"measure" is "oldest": expected a count or a sum of view "words" \(searches, ages\)/,
    )
  })
})

describe('the same hour of earlier weeks', () => {
  test('lies in the zone, across a change of the clocks', () => {
    // New York, Wednesday 2024-03-13 09:20, three days after clocks went forward.
    const now = Date.UTC(2024, 2, 13, 13, 20)
    const hours = earlierHours(now, 'America/New_York', MINUTE)
    expect(hours.map(({ startMs }) => new Date(startMs).toISOString())).toEqual([
      '2024-03-06T14:00:00.000Z',
      '2024-02-28T14:00:00.000Z',
      '2024-02-21T14:00:00.000Z',
      '2024-02-14T14:00:00.000Z',
    ])
    expect(hours.every(({ startMs, endMs }) => endMs - startMs === 3_600_000)).toBe(true)
  })

  test('an hour that the clocks skipped is left out', () => {
    // Sunday 2024-03-17 02:30 in New York; 02:00–02:59 did not exist a week before.
    expect(earlierHours(Date.UTC(2024, 2, 17, 6, 30), 'America/New_York', MINUTE)).toHaveLength(3)
  })

  test('begins on the half hour where the offset does', () => {
    const [hour] = earlierHours(Date.UTC(2024, 4, 1, 3, 40), 'Asia/Kolkata', MINUTE)
    expect(new Date(hour?.startMs ?? 0).toISOString()).toBe('2024-04-24T03:30:00.000Z')
  })
})
