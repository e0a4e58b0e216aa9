import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HeldSnapshot } from '../../stores/warm/warm-port.js'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'

let world: World
let api: Awaited<ReturnType<typeof openApi>>
const ids: string[] = []

beforeEach(async () => {
  world = new World(shop)
  await world.begin()
  api = await openApi(world)
  ids.length = 0
  for (const word of ['a', 'b']) {
    search(word)
    search('a')
    world.clock.nowMs += 60_000
    // a record of the next epoch ends the one before
    search('later')
    await world.flushAll()
    await world.seal('searches')
    ids.push((await world.warm.pointer('searches'))?.snapshot ?? '')
  }
})
afterEach(() => api.close())

function search(word: string): void {
  const row = { at: world.clock.nowMs, word, gender: 'W', age: 30, member: 'm', paid: 0 }
  for (const partition of [0, 1]) world.append('searches', partition, row as never)
}

const QUERY = '/v1/views/words?from=-10m&window=all&groupBy=word&order=word'
const rowsOf = (rows: readonly { word: string; searches: number }[]) =>
  rows.map(({ word, searches }) => [word, searches] as const)

describe('asOf', () => {
  test('reads the segments of one snapshot, never hot cells, and says so', async () => {
    const { status, body } = await api.get(`${QUERY}&asOf=${ids[0]}`)
    expect(status).toBe(200)
    expect(rowsOf(body.rows)).toEqual([['a', 4]])
    expect(body.provenance).toMatchObject({
      asOf: [ids[0]],
      snapshots: { searches: { id: ids[0], sequence: 1 } },
      prefix: { searches: { 0: 2, 1: 2 } },
      epochs: { searches: [] },
      windows: [{ layer: 'batch' }],
    })
    expect(rowsOf((await api.get(`${QUERY}&asOf=${ids[1]}`)).body.rows)).toEqual([
      ['a', 6],
      ['b', 2],
      ['later', 2],
    ])
    const now = (await api.get(QUERY)).body
    expect(now.provenance.asOf).toEqual([])
    expect(rowsOf(now.rows)).toContainEqual(['later', 4])
  })

  test('says the same after other snapshots came and hot state is gone', async () => {
    const before = (await api.get(`${QUERY}&asOf=${ids[0]}&to=${world.clock.nowMs}`)).body.rows
    await world.replace('searches')
    await world.wipe()
    expect((await api.get(`${QUERY}&asOf=${ids[0]}&to=${world.clock.nowMs}`)).body.rows).toEqual(before)
  })

  test.each([
    ['words', 'asOf=no', 'the id of a snapshot of stream searches that was published and is kept'],
    ['attention', 'asOf=0', 'a snapshot of each stream that feeds the view: searches, clicks'],
    ['words', 'asOf=0&asOf=1', 'one snapshot of stream \\"searches\\", not two'],
    ['clicks.ledger', 'asOf=0', 'the id of a snapshot of stream clicks'],
  ])('refuses %s?%s in words', async (view, query, words) => {
    const named = query.replace(/asOf=(\d)/g, (_, at: string) => `asOf=${ids[Number(at)]}`)
    const { status, body } = await api.get(`/v1/views/${view}?${named}`)
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain(words)
  })
})

describe('GET /v1/snapshots/:id', () => {
  const held: HeldSnapshot = {
    id: '9-held',
    stream: 'searches',
    reason: 'refresh',
    state: 'held',
    segments: ['s1', 's2'],
    diff: {
      base: '2-base',
      windows: 10,
      changedWindows: 4,
      views: [
        {
          view: 'words',
          redefined: false,
          windows: 10,
          changedWindows: 4,
          rowsAdded: 1,
          rowsRemoved: 2,
          rowsChanged: 3,
          totals: [{ measure: 'searches', before: 1, after: 2 }],
          movers: [{ measure: 'searches', windowStartMs: 60_000, dimensions: { word: 'a' }, before: null, after: 1 }],
        },
      ],
    },
    because: ['view "words": 4 of 10 windows change, 40 %; the limit is 0.1 %'],
    heldAtMs: 5,
    decidedAtMs: null,
    published: null,
  }

  test('shows a snapshot, and what it adds to the one before', async () => {
    expect((await api.get(`/v1/snapshots/${ids[1]}`)).body).toMatchObject({
      id: ids[1],
      stream: 'searches',
      reason: 'seal',
      inForce: true,
      base: ids[0],
    })
    const { body } = await api.get(`/v1/snapshots/${ids[1]}/diff`)
    expect(body).toMatchObject({ snapshot: ids[1], base: ids[0], because: [] })
    expect(body.views.find(({ view }: { view: string }) => view === 'words')).toMatchObject({
      rowsAdded: 3,
      rowsRemoved: 0,
      totals: expect.arrayContaining([{ measure: 'searches', before: 0, after: 6 }]),
    })
    const back = await api.get(`/v1/snapshots/${ids[0]}/diff?with=${ids[1]}`)
    expect(back.body.views[0]).toMatchObject({ rowsAdded: 0 })
  })

  test('shows what is held, why, and what would change', async () => {
    await world.warm.putHeld(held)
    expect((await api.get('/v1/snapshots')).body.held).toMatchObject([
      { id: '9-held', state: 'held', reason: 'refresh', base: '2-base', changedWindows: 4, because: held.because },
    ])
    expect((await api.get('/v1/snapshots/9-held')).body).toMatchObject({ id: '9-held', restated: 2, published: null })
    const { body } = await api.get('/v1/snapshots/9-held/diff')
    expect(body).toMatchObject({ snapshot: '9-held', base: '2-base', because: held.because })
    expect(body.views[0].movers[0].window).toBe('1970-01-01T00:01:00.000Z')
    await world.warm.decideHeld('9-held', { state: 'rejected', decidedAtMs: 7, published: null })
    expect((await api.get('/v1/snapshots')).body.held).toEqual([])
  })

  test('refuses in words what cannot be compared', async () => {
    await world.warm.putHeld(held)
    expect((await api.get('/v1/snapshots/no')).status).toBe(404)
    expect((await api.get('/v1/snapshots/no/diff')).status).toBe(404)
    expect((await api.get(`/v1/snapshots/${ids[0]}/diff`)).body.detail).toContain(`${ids[0]} is the first`)
    expect((await api.get(`/v1/snapshots/${ids[1]}/diff?with=no`)).status).toBe(400)
    expect((await api.get(`/v1/snapshots/9-held/diff?with=${ids[0]}`)).body.detail).toContain('2-base')
  })
})
