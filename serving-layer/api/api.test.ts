import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'

let world: World
let api: Awaited<ReturnType<typeof openApi>>

beforeEach(async () => {
  world = new World(shop)
  await world.begin()
  api = await openApi(world)
})
afterEach(() => api.close())

const record = (more: Record<string, unknown> = {}) => ({
  at: new Date(world.clock.nowMs).toISOString(),
  word: '생수',
  gender: 'W',
  age: 31,
  member: 'm1',
  paid: 1.5,
  ...more,
})

function search(partition: number, word: string, more: Record<string, unknown> = {}): void {
  world.append('searches', partition, {
    at: world.clock.nowMs,
    word,
    gender: 'W',
    age: 30,
    member: 'm',
    paid: 0,
    ...more,
  } as never)
}

describe('GET /v1/views/:view', () => {
  test('merges both layers and says where each part comes from', async () => {
    search(0, 'a')
    search(1, 'b')
    world.clock.nowMs += 60_000
    search(0, 'a')
    search(1, 'a')
    await world.flushAll()
    await world.seal('searches')
    await world.drop('searches')
    const { status, body } = await api.get(
      '/v1/views/words?from=-10m&window=all&groupBy=word&order=-searches&split=layer',
    )
    expect(status).toBe(200)
    expect(body.rows).toMatchObject([
      { word: 'a', searches: 3, layers: { batch: { searches: 1 }, speed: { searches: 2 } } },
      { word: 'b', searches: 1, layers: { batch: { searches: 1 }, speed: null } },
    ])
    expect(body.provenance).toMatchObject({
      prefix: { searches: { 0: 2, 1: 2 } },
      snapshots: { searches: { sequence: 1 } },
      boundary: { searches: { 0: { offset: 1 }, 1: { offset: 1 } } },
      epochs: { searches: ['20240501T030100Z'] },
      segments: { searches: 1 },
      windows: [{ layer: 'both' }],
      freshness: { appendMs: 0, eventMs: 0 },
      degraded: [],
    })
    expect(body.moved).not.toBeNull()
  })

  test.each([
    ['from=yesterday', 'from', 'yesterday'],
    ['window=90s', 'window', '90s'],
    ['window=2d', 'window', '2d'],
    ['from=-2d&window=1m&to=now&limit=0', 'limit', '0'],
    ['limit=10001', 'limit', '10001'],
    ['groupBy=colour', 'groupBy', 'colour'],
    ['filter=colour:is:red', 'filter', 'colour:is:red'],
    ['filter=age:is:old', 'filter', 'age:is:old'],
    ['filter=age:near:3', 'filter', 'age:near:3'],
    ['order=-price', 'order', '-price'],
    ['zone=Mars/Base', 'zone', 'Mars/Base'],
    ['fro=-1h', 'fro', '-1h'],
    ['from=now&to=-1h', 'from', undefined],
    ['from=-30d&window=1m', 'window', '1m'],
    ['limit=1&limit=2', 'limit', '1, 2'],
    ['split=word', 'split', 'word'],
  ])('refuses %s, naming parameter, value and what was expected', async (text, parameter, value) => {
    const { status, type, body } = await api.get(`/v1/views/words?${text}`)
    expect(status).toBe(400)
    expect(type).toContain('application/problem+json')
    expect(body).toMatchObject({ type: '/problems/invalid-parameter', status: 400, parameter })
    if (value !== undefined) expect(body.value).toBe(value)
    expect(body.expected).toEqual(expect.any(String))
  })

  test('a window finer than the stored cells is refused, naming the finest possible', async () => {
    const { body } = await api.get('/v1/views/words?window=30s')
    expect(body.expected).toContain('finest possible is 1m')
  })

  test('a view that does not exist is a 404 that names those that do', async () => {
    const { status, body } = await api.get('/v1/views/nothing')
    expect(status).toBe(404)
    expect(body.expected).toContain('words')
    expect((await api.get('/v2')).status).toBe(404)
  })

  test('a view whose segments do not reach back is building, with progress', async () => {
    search(0, 'a')
    world.clock.nowMs += 60_000
    search(0, 'a')
    await world.flushAll()
    await world.seal('searches', 'words')
    const { status, body } = await api.get('/v1/views/words')
    expect(status).toBe(503)
    expect(body).toMatchObject({ type: '/problems/building', code: 'building', progress: { covered: 0, total: 1 } })
    expect((await api.get('/v1/views/members')).status).toBe(200)
  })

  test('hands out every cell with one prefix, for recounts', async () => {
    search(0, 'a')
    world.clock.nowMs += 60_000
    search(0, 'a')
    search(1, 'b', { gender: null })
    await world.flushAll()
    await world.seal('searches')
    const { type, body } = await api.get('/v1/views/words/cells')
    expect(type).toContain('ndjson')
    const [head, ...cells] = (body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(head).toMatchObject({ view: 'words', total: 3, provenance: { prefix: { searches: { 0: 2, 1: 1 } } } })
    expect(head.viewHash).toMatch(/^[0-9a-f]{64}$/)
    expect(cells).toHaveLength(3)
    expect(cells[2]).toMatchObject({
      key: `[${Math.floor(world.clock.nowMs / 60_000) * 60_000},"b",null,30]`,
      registers: '1,30,30,0',
      measures: { searches: 1 },
    })
  })
})

describe('POST /v1/streams/:stream', () => {
  test('takes an object, an array and NDJSON, with the key of the key column', async () => {
    expect(await api.post('/v1/streams/searches', JSON.stringify(record()))).toMatchObject({
      status: 200,
      body: { received: 1, accepted: 1, rejected: 0 },
    })
    const array = JSON.stringify([record({ word: '[",{}"]' }), record()], null, 2)
    expect(await api.post('/v1/streams/searches', array)).toMatchObject({ status: 200, body: { accepted: 2 } })
    const lines = `${JSON.stringify(record())}\n\n${JSON.stringify(record({ member: 'm2' }))}\n`
    expect(await api.post('/v1/streams/searches', lines, 'application/x-ndjson')).toMatchObject({
      status: 200,
      body: { accepted: 2 },
    })
    expect(api.log.topics.get('searches')?.map(({ key }) => key?.toString())).toEqual(['m1', 'm1', 'm1', 'm1', 'm2'])
  })

  test('good records go through, bad ones are answered one by one', async () => {
    const body = JSON.stringify([record(), record({ age: 'old' }), 7, record({ at: '2999-01-01T00:00:00Z' })])
    const sent = await api.post('/v1/streams/searches', body)
    expect(sent).toMatchObject({ status: 207, body: { received: 4, accepted: 1, rejected: 3 } })
    expect(sent.body.rejections).toMatchObject([
      { index: 1, reason: 'type', field: 'age', value: '"old"', expected: expect.any(String) },
      { index: 2, reason: 'type' },
      { index: 3, reason: 'event-time-in-future' },
    ])
    expect(api.log.values('searches')).toHaveLength(1)
  })

  test('where none is good, nothing is sent and the answer is a problem', async () => {
    const sent = await api.post('/v1/streams/searches', '{"at": tomorrow}')
    expect(sent).toMatchObject({
      status: 422,
      body: { type: '/problems/records-rejected', rejections: [{ index: 0, reason: 'json' }] },
    })
    expect(sent.type).toContain('application/problem+json')
    expect(api.log.values('searches')).toHaveLength(0)
  })

  test('a record keeps the digits that its sender wrote', async () => {
    const text = JSON.stringify(record()).replace('1.5', '1.50')
    await api.post('/v1/streams/searches', `[ ${text} ,${text}]`)
    expect(api.log.values('searches')).toEqual([text, text])
  })

  test.each([
    ['text/csv', 'a,b', 415],
    ['application/json', '[1,', 400],
    ['application/json', '', 400],
    ['application/json', '[]', 400],
  ])('a body that is %s %j is refused with %i', async (type, body, status) => {
    expect(await api.post('/v1/streams/searches', body, type)).toMatchObject({
      status,
      body: { type: '/problems/invalid-body' },
    })
  })

  test('a body that is no UTF-8, or too long, is refused', async () => {
    expect((await api.post('/v1/streams/searches', new Uint8Array([0xff, 0xfe]))).status).toBe(400)
    expect((await api.post('/v1/streams/searches', new Uint8Array(17 * 1024 * 1024))).status).toBe(413)
  })

  test('without Kafka it answers 503 while answers go on', async () => {
    api.log.failure = new Error('no broker')
    expect(await api.post('/v1/streams/searches', JSON.stringify(record()))).toMatchObject({
      status: 503,
      body: { code: 'kafka' },
    })
    expect((await api.get('/v1/views/words')).status).toBe(200)
  })
})

describe('the seam is shown', () => {
  test('snapshots, parity, ledger and layers', async () => {
    search(0, 'a')
    world.clock.nowMs += 60_000
    search(0, 'b')
    await world.flushAll()
    await world.seal('searches')
    await world.warm.putLedger([
      {
        stream: 'searches',
        partition: 0,
        epoch: Math.floor(world.clock.nowMs / 60_000) - 1,
        read: 1,
        accepted: 1,
        rejected: 0,
        duplicates: 0,
        lost: 0,
        rest: 0,
        reasons: {},
      },
    ])
    await world.warm.putParity([
      {
        stream: 'searches',
        view: 'words',
        partition: 0,
        fromEpoch: 0,
        toEpoch: 5,
        outcome: 'equal',
        reason: null,
        cellsCompared: 1,
        cellsDifferent: 0,
        comparedAtMs: 1,
      },
    ])
    await api.parity.refresh()
    await api.get('/v1/views/words')
    expect((await api.get('/v1/snapshots?stream=searches')).body.snapshots).toMatchObject([
      {
        stream: 'searches',
        sequence: 1,
        inForce: true,
        boundary: { 0: { offset: 1 } },
        views: expect.arrayContaining([{ name: 'words', building: false, segments: 1, cells: 1 }]),
      },
    ])
    expect((await api.get('/v1/parity')).body.parity).toMatchObject([{ view: 'words', outcome: 'equal' }])
    const ledger = (await api.get('/v1/ledger?stream=searches')).body
    expect(ledger.unbalanced).toBe(0)
    expect(ledger.ledger).toMatchObject([
      { partition: 0, batch: null, speed: { accepted: 1 }, balanced: true },
      { partition: 0, batch: { accepted: 1 }, speed: { accepted: 1 }, balanced: true },
    ])
    const layers = (await api.get('/v1/layers')).body
    expect(layers.streams.find((s: { name: string }) => s.name === 'searches')).toMatchObject({
      epoch: '1m',
      speed: { hotRecords: 1 },
      batch: { snapshot: { sequence: 1 }, parity: { equal: 1 } },
      prefix: { 0: 2 },
    })
  })

  test('an epoch in which the layers counted differently is not balanced', async () => {
    search(0, 'a')
    world.clock.nowMs += 60_000
    search(0, 'b')
    await world.flushAll()
    await world.seal('searches')
    await world.warm.putLedger([
      {
        stream: 'searches',
        partition: 0,
        epoch: Math.floor(world.clock.nowMs / 60_000) - 1,
        read: 2,
        accepted: 1,
        rejected: 1,
        duplicates: 0,
        lost: 0,
        rest: 0,
        reasons: { type: 1 },
      },
    ])
    await api.get('/v1/views/words')
    expect((await api.get('/v1/ledger?stream=searches')).body.unbalanced).toBe(1)
  })
})

describe('operation', () => {
  test('pages, description, metrics, health', async () => {
    await api.get('/v1/views/words')
    const description = (await api.get('/openapi.json')).body
    expect(description.openapi).toBe('3.1.0')
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining([
        ...['/v1/views/words', '/v1/streams/searches', '/v1/ledger', '/v1/backfills', '/v1/backfills/{run}/pause'],
        ...['rollback', 'approve', 'reject'].map((action) => `/v1/snapshots/{id}/${action}`),
      ]),
    )
    for (const reference of JSON.stringify(description).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(description.components.schemas).toHaveProperty(reference[1] as string)
    }
    expect((await api.get('/metrics')).body).toMatch(
      /tandem_http_request_seconds_bucket\{route="\/v1\/views\/:view",status="200",le="0.001"\} \d/,
    )
    expect((await api.get('/healthz')).body).toMatchObject({
      alive: true,
      troubles: expect.arrayContaining(['no speed process reports itself']),
    })
    expect(await api.get('/readyz')).toMatchObject({ status: 503, body: { ready: false } })
    for (const stream of api.readers.streams.values())
      await Promise.all([stream.watch.refresh(), stream.mirror.refresh()])
    expect(await api.get('/readyz')).toMatchObject({ status: 200, body: { ready: true } })
    for (const page of ['/', '/docs', '/web/page.css', '/web/live.js', '/web/docs.js'])
      expect((await api.get(page)).status).toBe(200)
  })

  test('an answer carries no hint of what made it, and lets nobody frame it', async () => {
    const response = await fetch(`${api.url}/v1/views`)
    expect(response.headers.get('x-powered-by')).toBeNull()
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    await response.text()
  })

  test('live answers come as events, and a wrong parameter as a problem at once', async () => {
    expect((await api.get('/v1/views/words/live?interval=5')).status).toBe(400)
    expect((await api.get('/v1/views/words/live?window=7s')).status).toBe(400)
    search(0, 'a')
    await world.flushAll()
    const stop = new AbortController()
    const response = await fetch(`${api.url}/v1/views/words/live?window=all&groupBy=&interval=200`, {
      signal: stop.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    let text = ''
    const until = async (wanted: string) => {
      while (!text.includes(wanted)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`the events ended without ${wanted}`)
        text += Buffer.from(value).toString()
      }
    }
    await until('"searches":1')
    search(1, 'b')
    await world.flushAll()
    world.clock.nowMs += 1_500
    await until('"searches":2')
    stop.abort()
  })
})
