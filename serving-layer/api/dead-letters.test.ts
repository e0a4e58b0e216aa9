import { afterEach, beforeEach, expect, test } from 'vitest'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'

const DAY_MS = Date.UTC(2024, 0, 1)

let api: Awaited<ReturnType<typeof openApi>>
beforeEach(async () => {
  const world = new World(shop)
  await world.begin()
  api = await openApi(world)
})
afterEach(() => api.close())

const letter = (partition: number, offset: number, reason = 'type', field: string | null = 'age') => ({
  stream: 'searches',
  topic: 'searches',
  partition,
  offset,
  timeMs: DAY_MS + offset * 60_000,
  reason,
  field,
  found: '"old"',
  expected: 'a whole number',
  key: null,
  value: { encoding: 'utf8', text: 'x'.repeat(3_000) },
})
const outcome = (of: string, outcome: string, why: string | null) => ({
  kind: 'outcome',
  of,
  outcome,
  atMs: DAY_MS,
  why,
})

const write = (...records: object[]) =>
  api.log.produce(
    'searches.dlq',
    records.map((record) => ({ key: null, value: JSON.stringify(record) })),
  )

test('each letter is listed once, newest first, however often it was written', async () => {
  await write(letter(0, 1), letter(0, 2, 'json', null), letter(0, 1))
  const { body } = await api.get('/v1/dead-letters?stream=searches')
  expect(body).toMatchObject({
    stream: 'searches',
    complete: true,
    deadLetters: [
      { id: 'searches/0/2', reason: 'json', field: null },
      { id: 'searches/0/1', reason: 'type', value: '"old"', time: '2024-01-01T00:01:00.000Z', state: 'open' },
    ],
  })
  expect((await api.get('/v1/dead-letters?stream=searches&limit=1')).body).toMatchObject({
    complete: false,
    deadLetters: [{ offset: 2 }],
  })
})

test('every filter takes letters away, from the counts as well', async () => {
  await write(letter(0, 1), letter(0, 2, 'json', null), letter(1, 3), letter(1, 4, 'type', 'word'))
  await write(outcome('searches/0/1', 'replayed', null), outcome('searches/1/3', 'dropped', 'a test'))
  const found = async (query: string) => {
    const { body } = await api.get(`/v1/dead-letters?stream=searches&${query}`)
    const { deadLetters, counts } = body
    return [deadLetters.map(({ offset }: { offset: number }) => offset), counts]
  }
  const type = { reason: 'type', open: 0, replayed: 0, dropped: 0 }
  const json = { ...type, reason: 'json' }
  expect(await found('')).toEqual([
    [4, 3, 2, 1],
    [
      { ...json, open: 1 },
      { reason: 'type', open: 1, replayed: 1, dropped: 1 },
    ],
  ])
  expect(await found('reason=json')).toEqual([[2], [{ ...json, open: 1 }]])
  expect(await found('field=word')).toEqual([[4], [{ ...type, open: 1 }]])
  expect(await found('partition=1')).toEqual([[4, 3], [{ ...type, open: 1, dropped: 1 }]])
  expect(await found('state=replayed')).toEqual([[1], [{ ...type, replayed: 1 }]])
  expect(await found('state=dropped&partition=0')).toEqual([[], []])
  expect(await found('from=2&to=4')).toEqual([
    [3, 2],
    [
      { ...json, open: 1 },
      { ...type, dropped: 1 },
    ],
  ])
  expect((await found('from=2024-01-01T00:03:00Z'))[0]).toEqual([4, 3])
  expect((await found('to=2024-01-01T00:03:00Z'))[0]).toEqual([2, 1])
})

test.each([
  ['', 'stream'],
  ['?stream=nonsense', 'stream'],
  ['?stream=searches&partition=one', 'partition'],
  ['?stream=searches&state=lost', 'state'],
  ['?stream=searches&from=noon', 'from'],
  ['?stream=searches&to=2024-13-01', 'to'],
  ['?stream=searches&reason=a&reason=b', 'reason'],
  ['?stream=searches&why=x', 'why'],
])('dead-letters%s is refused, naming %s', async (query, parameter) => {
  expect((await api.get(`/v1/dead-letters${query}`)).body).toMatchObject({ status: 400, parameter })
})

test('one letter is shown whole, with what became of it', async () => {
  await write(letter(0, 1), letter(0, 2), outcome('searches/0/2', 'dropped', 'a test'))
  const open = (await api.get('/v1/dead-letters/searches/0/1')).body
  expect(open).toMatchObject({ id: 'searches/0/1', state: 'open' })
  expect(open.record.text).toHaveLength(3_000)
  const [, listed] = (await api.get('/v1/dead-letters?stream=searches')).body.deadLetters
  expect(listed.record).toMatchObject({ cut: true })
  expect((await api.get('/v1/dead-letters/searches/0/2')).body).toMatchObject({
    state: 'dropped',
    stateAt: '2024-01-01T00:00:00.000Z',
    why: 'a test',
  })
})

test('a letter that is not there, and what is no place, is a 404 in words', async () => {
  await write(letter(0, 1))
  for (const place of ['searches/0/2', 'searches/1/1', 'searches/zero/1', 'searches/0/-1']) {
    const { status, body } = await api.get(`/v1/dead-letters/${place}`)
    expect([place, status]).toEqual([place, 404])
    expect(body.detail).toBe(`there is no dead letter "${place}"; GET /v1/dead-letters lists them`)
  }
  expect((await api.get('/v1/dead-letters/nonsense/0/1')).body.detail).toContain('there is no stream "nonsense"')
})

test('without Kafka it answers 503 and says so', async () => {
  api.log.failure = new Error('no broker')
  for (const path of ['?stream=searches', '/searches/0/1'])
    expect((await api.get(`/v1/dead-letters${path}`)).body).toMatchObject({ status: 503, code: 'kafka' })
})
