import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineCollection, definePipeline, z } from '../../core/index.js'
import { SearchUnavailableError } from '../../stores/search/index.js'
import { WarmUnavailableError } from '../../stores/warm/index.js'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'

const places = defineCollection({
  name: 'places',
  schema: z.object({ place: z.string(), kind: z.string(), seats: z.int(), lat: z.number(), lon: z.number() }),
  id: 'place',
  search: { fields: ['place'], facets: ['kind'], suggest: 'place' },
  place: { lat: 'lat', lon: 'lon' },
})
const plain = defineCollection({ name: 'plain', schema: z.object({ id: z.string() }), id: 'id' })

let world: World
let api: Awaited<ReturnType<typeof openApi>>

beforeEach(async () => {
  world = new World(definePipeline({ ...shop, collections: [places, plain] }))
  await world.begin()
  api = await openApi(world)
})
afterEach(() => api.close())

const place = (id: string, lat: number, lon: number, kind = '카페', seats = 1) => ({
  id,
  value: { place: id, kind, seats, lat, lon },
  version: '1',
})

async function load(analysis: 'nori' | 'bigram' = 'nori', name = 'g1'): Promise<void> {
  const { collections } = api
  await collections.openGeneration(places, { name, run: 'refresh-1', createdAtMs: 1, analysis })
  await collections.put(places, name, [
    place('가게', 37.5, 127),
    place('나무', 37.503, 127, '마트', 20),
    place('다리', 37.6, 127, '마트', 30),
  ])
  await collections.complete('places', name, { loaded: 3, rejected: 0, checksum: 'abc', completedAtMs: 1_000 })
  await collections.switchTo('places', name, null, 2_000)
}

describe('collections', () => {
  test('lists documents by id, by filter and page by page, and says where they come from', async () => {
    await load()
    const first = await api.get('/v1/collections/places?limit=2')
    expect(first.status).toBe(200)
    expect(first.body.documents.map(({ id }: { id: string }) => id)).toEqual(['가게', '나무'])
    expect(first.body.documents[0]).toEqual({
      id: '가게',
      document: { place: '가게', kind: '카페', seats: 1, lat: 37.5, lon: 127 },
      location: { type: 'Point', coordinates: [127, 37.5] },
    })
    expect(first.body.provenance).toEqual({
      ...{
        generation: 'g1',
        run: 'refresh-1',
        asOf: '1970-01-01T00:00:01.000Z',
        switchedAt: '1970-01-01T00:00:02.000Z',
      },
      ...{ stream: null, prefix: null, loaded: 3, checksum: 'abc', pointerAgeMs: 0 },
      notices: [],
    })
    const rest = await api.get(`/v1/collections/places?limit=2&after=${encodeURIComponent(first.body.next)}`)
    expect(rest.body).toMatchObject({ documents: [{ id: '다리' }], next: null })
    const some = await api.get('/v1/collections/places?filter=kind:is:마트&filter=seats:gt:20')
    expect(some.body.documents).toMatchObject([{ id: '다리' }])
  })

  test('gives one document by its id; another is a 404 with provenance', async () => {
    await load()
    const { body } = await api.get(`/v1/collections/places/${encodeURIComponent('나무')}`)
    expect(body).toMatchObject({
      collection: 'places',
      id: '나무',
      document: { seats: 20 },
      provenance: { generation: 'g1' },
    })
    const none = await api.get('/v1/collections/places/nothing')
    expect(none.status).toBe(404)
    expect(none.body).toMatchObject({
      detail: 'collection "places" has no document "nothing"',
      provenance: { generation: 'g1' },
    })
  })

  test('finds what is near, the nearest first, with km', async () => {
    await load()
    const { body } = await api.get('/v1/near/places?lat=37.5&lng=127&km=5')
    expect(body.documents).toMatchObject([
      { id: '가게', km: 0 },
      { id: '나무', km: 0.334 },
    ])
    expect(
      (await api.get('/v1/near/places?lat=37.5&lng=127&km=50&filter=kind:is:마트&limit=1')).body.documents,
    ).toMatchObject([{ id: '나무' }])
  })

  test('searches with filters, facets and pages, and tells where Korean analysis is absent', async () => {
    await load('bigram')
    api.search.answer = {
      total: 1,
      hits: [
        {
          id: '가게',
          score: 2,
          value: { place: '가게', lat: 37.5, lon: 127 },
          highlight: { place: ['<em>가게</em>'] },
        },
      ],
      facets: { kind: [{ value: '카페', count: 1 }] },
    }
    const { body } = await api.get('/v1/search/places?q=가게&filter=kind:in:카페,마트&limit=5&offset=10')
    expect(body).toMatchObject({
      total: 1,
      hits: [{ id: '가게', score: 2, highlight: { place: ['<em>가게</em>'] }, location: { type: 'Point' } }],
      facets: { kind: [{ value: '카페', count: 1 }] },
    })
    expect(body.provenance.notices[0]).toContain('nori')
    expect(api.search.asked[0]).toEqual({
      generation: 'g1',
      query: {
        ...{ q: '가게', limit: 5, offset: 10, highlight: true, facets: ['kind'] },
        filters: [{ field: 'kind', kind: 'in', values: ['카페', '마트'] }],
      },
    })
    expect((await api.get('/v1/search/places/suggest?q=생&limit=1')).body.suggestions).toEqual(['생수'])
  })

  test.each([
    ['/v1/collections/places?filter=colour:is:red', 'filter'],
    ['/v1/collections/places?filter=seats:is:many', 'filter'],
    ['/v1/collections/places?filter=seats:startsWith:1', 'filter'],
    ['/v1/collections/places?limit=1001', 'limit'],
    ['/v1/collections/places?q=x', 'q'],
    ['/v1/near/places?lat=91&lng=0', 'lat'],
    ['/v1/near/places?lat=1', 'lng'],
    ['/v1/near/places?lat=1&lng=1&km=101', 'km'],
    ['/v1/search/places?q=x&facets=colour', 'facets'],
    ['/v1/search/places?offset=9990&limit=30', 'offset'],
    ['/v1/search/places?highlight=yes', 'highlight'],
  ])('%s is refused, naming %s', async (path, parameter) => {
    await load()
    const { status, type, body } = await api.get(path)
    expect(status).toBe(400)
    expect(type).toContain('application/problem+json')
    expect(body).toMatchObject({ parameter, expected: expect.any(String) })
  })

  test('what a collection is not is a 404 in words', async () => {
    expect((await api.get('/v1/collections/nothing')).body.expected).toEqual(['places', 'plain'])
    expect((await api.get('/v1/search/plain?q=x')).body.detail).toContain('its definition has no search')
    expect((await api.get('/v1/near/plain?lat=1&lng=1')).body.detail).toContain('its definition has no place')
    expect((await api.get('/v1/search/plain/suggest?q=x')).status).toBe(404)
  })

  test('before the first load it is a 503 that says how to load it', async () => {
    const { status, body } = await api.get('/v1/collections/plain')
    expect(status).toBe(503)
    expect(body).toMatchObject({ code: 'not-loaded', detail: expect.stringContaining('tandem refresh') })
  })

  test('an engine that is down is named; search goes on with the pointer that is known', async () => {
    await load()
    await api.get('/v1/search/places?q=x')
    world.clock.nowMs += 5_000
    const down = new WarmUnavailableError('mongo:1', new Error('refused'))
    api.collections.pointer = () => Promise.reject(down)
    api.collections.list = () => Promise.reject(down)
    const { status, body } = await api.get('/v1/search/places?q=x')
    expect(status).toBe(200)
    expect(body.provenance.pointerAgeMs).toBe(5_000)
    expect(await api.get('/v1/collections/places')).toMatchObject({ status: 503, body: { code: 'mongodb' } })
    api.search.failure = new SearchUnavailableError('search:1', new Error('refused'))
    expect(await api.get('/v1/search/places?q=x')).toMatchObject({ status: 503, body: { code: 'elasticsearch' } })
  })

  test('collections are described, in the list and in the API description', async () => {
    const { body } = await api.get('/v1/collections')
    expect(body.collections).toMatchObject([
      { name: 'places', id: 'place', stream: null },
      { name: 'plain', search: null },
    ])
    const description = (await api.get('/openapi.json')).body
    expect(description.paths['/v1/near/{name}'].get.parameters[0].schema.enum).toEqual(['places'])
  })
})
