import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OperationRefusedError, type Operations } from '../operations.js'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'
import { UnavailableError } from '../unavailable-error.js'

const RUN = 'backfill-searches-manual-1'
const SHOWN = {
  run: RUN,
  stream: 'searches',
  view: 'words',
  state: 'running',
  done: 1,
  of: 3,
  startedMs: 0,
  endedMs: null,
  report: null,
}

let world: World
let api: Awaited<ReturnType<typeof openApi>>
let calls: unknown[][]
let refusal: Error | null

const operations: Operations = {
  async startBackfill(asked) {
    calls.push(['start', asked])
    if (refusal) throw refusal
    return `backfill-${asked.stream}-manual-1`
  },
  async backfills(filter) {
    calls.push(['list', filter])
    return [SHOWN]
  },
  backfill: async (run) => (run === RUN ? SHOWN : null),
  async orderBackfill(run, order) {
    calls.push([order, run])
    if (refusal) throw refusal
    return { state: 'paused', done: 1, of: 3 }
  },
  async decideSnapshot(action, snapshot, reason) {
    calls.push([action, snapshot, reason])
    const result = async () => {
      if (refusal) throw refusal
      return { stream: 'searches', state: 'published', snapshot: '2-new' }
    }
    return { run: `${action}-1`, result }
  },
}

beforeEach(async () => {
  calls = []
  refusal = null
  world = new World(shop)
  await world.begin()
  api = await openApi(world, { operations })
})
afterEach(() => api.close())

const post = (path: string, body?: unknown) => api.post(path, body === undefined ? '' : JSON.stringify(body))

describe('backfills', () => {
  test('one is started for each stream of the view, with the words of the command line', async () => {
    const asked = { view: 'attention', from: '19700101T000200Z', to: 9, only: 'stale', dryRun: true, concurrency: 2 }
    const { status, body } = await post('/v1/backfills', asked)
    expect(status).toBe(202)
    expect(body.backfills).toEqual([
      { run: RUN, stream: 'searches', view: 'attention' },
      { run: 'backfill-clicks-manual-1', stream: 'clicks', view: 'attention' },
    ])
    const given = { view: 'attention', fromEpoch: 2, toEpoch: 9, only: 'stale', dryRun: true, concurrency: 2 }
    expect(calls).toEqual([
      ['start', { stream: 'searches', ...given }],
      ['start', { stream: 'clicks', ...given }],
    ])
  })

  test('a stream stands for all of its views, and everything is computed where nothing is said', async () => {
    expect((await post('/v1/backfills', { stream: 'searches' })).status).toBe(202)
    expect(calls).toEqual([['start', { stream: 'searches', only: 'all', dryRun: false, concurrency: 1 }]])
  })

  test('they are listed, shown, paused, resumed and cancelled', async () => {
    const shown = { run: RUN, state: 'running', done: 1, of: 3, startedAt: '1970-01-01T00:00:00.000Z', endedAt: null }
    expect((await api.get('/v1/backfills?stream=searches&limit=5')).body.backfills).toMatchObject([shown])
    expect((await api.get(`/v1/backfills/${RUN}`)).body).toMatchObject(shown)
    for (const order of ['pause', 'resume', 'cancel']) {
      const { status, body } = await post(`/v1/backfills/${RUN}/${order}`)
      expect([status, body]).toEqual([200, { run: RUN, state: 'paused', done: 1, of: 3 }])
    }
    expect(calls.slice(1)).toEqual(['pause', 'resume', 'cancel'].map((order) => [order, RUN]))
  })

  test.each([
    [{}, 400, 'name either a view or a stream'],
    [{ view: 'words', stream: 'searches' }, 400, 'name either a view or a stream'],
    [{ view: 'nonsense' }, 404, 'there is no view "nonsense"'],
    [{ view: 'searches.ledger' }, 404, 'there is no view "searches.ledger"'],
    [{ stream: 'nonsense' }, 404, 'there is no stream "nonsense"'],
    [{ view: 'words', only: 'some' }, 400, 'only: '],
    [{ view: 'words', concurrency: 9 }, 400, 'concurrency: '],
    [{ view: 'words', from: 'noon' }, 400, 'from: "noon" is not the start of an epoch of 60000 ms'],
    [{ view: 'words', force: true }, 400, 'force: '],
  ])('%j is refused in words', async (asked, status, words) => {
    const answer = await post('/v1/backfills', asked)
    expect([answer.status, answer.type]).toEqual([status, 'application/problem+json; charset=utf-8'])
    expect(answer.body.detail).toContain(words)
    expect(calls).toEqual([])
  })

  test('what is not there, has ended, or cannot be reached is told apart', async () => {
    expect((await api.get('/v1/backfills/no')).status).toBe(404)
    expect((await post('/v1/backfills/no/pause')).status).toBe(404)
    expect((await post(`/v1/backfills/${RUN}/stop`)).status).toBe(404)
    expect((await api.post('/v1/backfills', '{')).body).toMatchObject({ status: 400, title: 'Invalid body' })
    refusal = new OperationRefusedError(`backfill "${RUN}" has ended: published`)
    expect((await post(`/v1/backfills/${RUN}/cancel`)).body).toMatchObject({ status: 409, detail: refusal.message })
    refusal = new UnavailableError('Temporal at t:1 does not answer', 'temporal')
    expect((await post('/v1/backfills', { view: 'words' })).body).toMatchObject({ status: 503, code: 'temporal' })
  })
})

describe('deciding about a snapshot', () => {
  let id: string
  beforeEach(async () => {
    for (const partition of [0, 1])
      world.append('searches', partition, {
        at: world.clock.nowMs,
        word: 'a',
        gender: 'W',
        age: 1,
        member: 'm',
        paid: 0,
      } as never)
    world.clock.nowMs += 60_000
    for (const partition of [0, 1])
      world.append('searches', partition, {
        at: world.clock.nowMs,
        word: 'b',
        gender: 'W',
        age: 1,
        member: 'm',
        paid: 0,
      } as never)
    await world.flushAll()
    await world.seal('searches')
    id = (await world.warm.pointer('searches'))?.snapshot ?? ''
  })

  test('rollback, approve and reject say what the command line says', async () => {
    for (const action of ['rollback', 'approve', 'reject']) {
      const { status, body } = await post(`/v1/snapshots/${id}/${action}`, { reason: 'wrong prices' })
      const decided = { action, run: `${action}-1`, stream: 'searches', state: 'published', snapshot: '2-new' }
      expect([status, body]).toEqual([200, decided])
    }
    expect((await post(`/v1/snapshots/${id}/rollback`)).status).toBe(200)
    expect(calls).toEqual([
      ['rollback', id, 'wrong prices'],
      ['approve', id, 'wrong prices'],
      ['reject', id, 'wrong prices'],
      ['rollback', id, 'manual'],
    ])
  })

  test('a refusal is a 409 in its own words, and an unknown id a 404 that starts nothing', async () => {
    refusal = new OperationRefusedError(`no snapshot ${id} is held; none is held`)
    expect((await post(`/v1/snapshots/${id}/approve`)).body).toMatchObject({ status: 409, detail: refusal.message })
    calls = []
    expect((await post('/v1/snapshots/no/rollback')).status).toBe(404)
    expect((await post(`/v1/snapshots/${id}/approve`, { why: 'x' })).status).toBe(400)
    expect(calls).toEqual([])
  })

  test('a page of another site decides nothing', async () => {
    for (const [origin, status] of [
      ['https://elsewhere.example', 403],
      ['null', 403],
      [api.url, 200],
    ] as const) {
      const response = await fetch(`${api.url}/v1/snapshots/${id}/rollback`, { method: 'POST', headers: { origin } })
      expect([origin, response.status]).toEqual([origin, status])
    }
  })
})
