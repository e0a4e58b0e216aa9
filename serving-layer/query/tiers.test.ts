import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { count, definePipeline, defineStream, defineView, instant, z } from '../../core/index.js'
import { type ColdStore, openCold } from '../../stores/lake/index.js'
import { openAnswers } from '../testing/open-answers.js'
import { World } from '../testing/world.js'

const HOUR = 3_600_000
const visits = defineStream({
  name: 'visits',
  schema: z.object({ at: instant(), page: z.string() }),
  eventTime: 'at',
})
const inZone = (name: string, zone: string, retention?: Record<string, string>) =>
  defineView(name, {
    from: visits,
    by: (e) => ({ page: e.page }),
    measures: () => ({ visits: count() }),
    windows: ['1m', '5m'],
    zone,
    ...(retention === undefined ? {} : { retention }),
  })
const site = definePipeline({
  name: 'site',
  streams: [visits],
  views: [
    inZone('utc', 'UTC'),
    inZone('seoul', 'Asia/Seoul'),
    inZone('new-york', 'America/New_York'),
    inZone('kolkata', 'Asia/Kolkata'),
    inZone('kathmandu', 'Asia/Kathmandu'),
    inZone('retained', 'UTC', { '1m': '24h', '5m': '3d' }),
  ],
})

let root: string
let cold: ColdStore

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-tiers-'))
  cold = openCold(root, { threads: 1 })
})
afterEach(async () => {
  await cold.close()
  await rm(root, { recursive: true })
})

/** One visit in every five minutes of [from, to), sealed, and one more that is hot. */
async function visited(fromMs: number, toMs: number, stepMs = 300_000) {
  const world = new World(site, 1)
  world.cold = cold
  world.clock.nowMs = toMs
  await world.begin()
  for (let at = fromMs; at < toMs; at += stepMs) world.append('visits', 0, { at, page: 'p' })
  world.clock.nowMs += 120_000
  world.append('visits', 0, { at: world.clock.nowMs, page: 'p' })
  await world.flushAll()
  await world.seal('visits')
  await world.drop('visits')
  return { world, ...(await openAnswers(world)) }
}

test('a range over cold, warm and hot cells is answered by the hour, and says which tier gave which part', async () => {
  const now = Date.UTC(2024, 2, 2, 6)
  const { world, ask } = await visited(Date.UTC(2024, 1, 28), now)
  await world.cool('visits', 20_240_301)
  const answer = await ask('utc', 'from=2024-02-28&window=1d&groupBy=&to=2024-03-03')
  expect(answer.rows.map(({ visits: n }) => n)).toEqual([288, 288, 288, 73])
  expect(answer.resolution).toBe('1h')
  expect(answer.provenance.tiers).toEqual([
    { tier: 'cold', from: '2024-02-28T00:00:00.000Z', to: '2024-03-01T00:00:00.000Z', resolution: '1h' },
    { tier: 'warm', from: '2024-03-01T00:00:00.000Z', to: '2024-03-03T00:00:00.000Z', resolution: '1m' },
    { tier: 'hot', from: '2024-03-02T06:02:00.000Z', to: '2024-03-02T06:03:00.000Z', resolution: '1m' },
  ])
})

test('windows finer than what is held are refused, naming the finest possible', async () => {
  const { world, ask } = await visited(Date.UTC(2024, 1, 28), Date.UTC(2024, 1, 28, 3))
  await world.cool('visits', 20_240_229)
  await expect(ask('utc', 'from=2024-02-28&to=2024-02-28T02:00&window=5m')).rejects.toThrow(
    'parameter "window" is "5m": expected windows made of those that are held, which of 2024-02-28 (UTC) take 1h each; the finest possible is 1h',
  )
  await expect(ask('utc', 'from=2024-02-28&to=2024-02-29&window=1d&zone=Asia/Kolkata')).rejects.toThrow(
    'finest possible',
  )
  expect((await ask('utc', 'from=2024-02-28&to=2024-02-28T02:00&window=2h')).rows).toHaveLength(1)
})

test('without a window the finest possible is taken; one window over all moves outward, and says so', async () => {
  const { world, ask } = await visited(Date.UTC(2024, 1, 28), Date.UTC(2024, 1, 28, 3))
  await world.cool('visits', 20_240_229)
  const plain = await ask('utc', 'from=2024-02-28T00:30&to=2024-02-28T01:10')
  expect(plain).toMatchObject({ window: '1h', from: '2024-02-28T00:00:00.000Z', to: '2024-02-28T02:00:00.000Z' })
  expect(plain.rows.map(({ visits: n }) => n)).toEqual([12, 12])
  const all = await ask('utc', 'from=2024-02-28T00:30&to=2024-02-28T01:10&window=all')
  expect(all).toMatchObject({ from: '2024-02-28T00:00:00.000Z', to: '2024-02-28T02:00:00.000Z' })
  expect(all.moved).toEqual({ from: '2024-02-28T00:30:00.000Z', to: '2024-02-28T01:10:00.000Z' })
  expect(all.rows[0]).toMatchObject({ visits: 24 })
})

test('days of 23 and 25 hours, the leap day and a month’s end keep their length in the cold tier', async () => {
  const spring = await visited(Date.UTC(2024, 2, 9, 5), Date.UTC(2024, 2, 12, 4))
  await spring.world.cool('visits', 20_240_312)
  const march = await spring.ask('new-york', 'from=2024-03-09&to=2024-03-12&window=1d&groupBy=')
  expect(march.rows.map(({ visits: n }) => n)).toEqual([288, 23 * 12, 288])
  const autumn = await visited(Date.UTC(2024, 10, 2, 4), Date.UTC(2024, 10, 5, 5))
  await autumn.world.cool('visits', 20_241_106)
  const november = await autumn.ask('new-york', 'from=2024-11-02&to=2024-11-05&window=1d&groupBy=')
  expect(november.rows.map(({ visits: n }) => n)).toEqual([288, 25 * 12, 288])
  const leap = await visited(Date.UTC(2024, 1, 28, 15), Date.UTC(2024, 2, 1, 15))
  await leap.world.cool('visits', 20_240_302)
  const february = await leap.ask('seoul', 'from=2024-02-29&to=2024-03-02&window=1d&groupBy=')
  expect(february.rows.map(({ window, visits: n }) => [window, n])).toEqual([
    ['2024-02-28T15:00:00.000Z', 288],
    ['2024-02-29T15:00:00.000Z', 288],
  ])
})

test('zones off the full hour keep 30 or 15 minutes, as their days need', async () => {
  const { world, ask } = await visited(Date.UTC(2024, 3, 29, 18), Date.UTC(2024, 4, 1, 19))
  await world.cool('visits', 20_240_502)
  const kolkata = await ask('kolkata', 'from=2024-04-30&to=2024-05-02&window=1d&groupBy=')
  expect(kolkata.rows.map(({ visits: n }) => n)).toEqual([288, 288])
  expect(kolkata.resolution).toBe('30m')
  const kathmandu = await ask('kathmandu', 'from=2024-04-30&to=2024-05-02&window=1d&groupBy=')
  expect(kathmandu.rows.map(({ visits: n }) => n)).toEqual([288, 288])
  expect(kathmandu.resolution).toBe('15m')
})

test('an older snapshot is read over its cold copies too', async () => {
  const { world, ask } = await visited(Date.UTC(2024, 1, 28), Date.UTC(2024, 1, 28, 3), HOUR / 4)
  const id = (await world.warm.pointer('visits'))?.snapshot
  await world.cool('visits', 20_240_229)
  const answer = await ask('utc', `from=2024-02-28&to=2024-02-29&window=1d&asOf=${id}&groupBy=`)
  expect(answer.rows[0]).toMatchObject({ visits: 12 })
  expect(answer.provenance.tiers).toMatchObject([{ tier: 'cold', resolution: '1h' }])
})

test('a cold copy that was changed is not answered from', async () => {
  const { world, ask } = await visited(Date.UTC(2024, 1, 28), Date.UTC(2024, 1, 28, 3))
  await world.cool('visits', 20_240_229)
  await rm(join(root, 'visits/cold'), { recursive: true })
  await expect(ask('utc', 'from=2024-02-28&to=2024-02-29&window=1d')).rejects.toMatchObject({ code: 'lake' })
})

test('what came later than a view retains is answered in the windows that it was folded into, hot or sealed', async () => {
  const from = Date.UTC(2024, 1, 28, 9)
  const world = new World(site, 1)
  world.clock.nowMs = from + 30 * HOUR
  await world.begin()
  const late = (ms: number) => world.append('visits', 0, { at: from + ms, page: 'p' })
  for (const ms of [0, 60_000, 7 * 60_000]) late(ms)
  world.append('visits', 0, { at: world.clock.nowMs, page: 'p' })
  await world.flushAll()
  const { ask } = await openAnswers(world)
  const range = 'from=2024-02-28T09:00&to=2024-02-28T10:00'
  const check = async (tier: string) => {
    await expect(ask('retained', `${range}&window=1m`)).rejects.toThrow('the finest possible is 5m')
    const answer = await ask('retained', range)
    expect(answer).toMatchObject({ window: '5m', resolution: '5m' })
    expect(answer.rows.map(({ window, visits: n }) => [window, n])).toEqual([
      ['2024-02-28T09:00:00.000Z', 2],
      ['2024-02-28T09:05:00.000Z', 1],
    ])
    expect(answer.provenance.tiers).toMatchObject([{ tier, resolution: '5m' }])
    expect((await ask('utc', `${range}&window=1m`)).rows).toHaveLength(3)
  }
  await check('hot')
  world.clock.nowMs += 120_000
  world.append('visits', 0, { at: world.clock.nowMs, page: 'p' })
  await world.flushAll()
  await world.seal('visits')
  await world.drop('visits')
  await check('warm')
})
