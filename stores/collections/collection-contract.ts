import { afterEach, describe, expect, test } from 'vitest'
import { defineCollection, z } from '../../core/index.js'
import type { CollectionStore, DocumentWrite } from './collection-port.js'
import { boxAround, distanceKm } from './distance.js'
import type { FieldFilter } from './field-filter.js'
import { versionOf } from './version-of.js'

const shops = defineCollection({
  name: 'shops',
  schema: z.object({
    shop: z.string(),
    kind: z.string().nullable(),
    seats: z.int().optional(),
    lat: z.number(),
    lon: z.number(),
  }),
  id: 'shop',
  place: { lat: 'lat', lon: 'lon' },
})

/** What every store of documents promises. */
export function describeCollectionStore(name: string, open: () => Promise<CollectionStore>): void {
  describe(`${name}: collections`, () => {
    const opened: CollectionStore[] = []
    const start = async (generation = 'g1', createdAtMs = 1): Promise<CollectionStore> => {
      const store = opened[0] ?? (await open())
      if (opened.length === 0) opened.push(store)
      await store.openGeneration(shops, { name: generation, run: 'r', createdAtMs, analysis: null })
      return store
    }
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close()
    })
    const shop = (id: string, more: Record<string, unknown> = {}, version = versionOf(1, 1)): DocumentWrite => ({
      id,
      value: { shop: id, kind: 'x', lat: 37, lon: 127, ...more },
      version,
    })
    const ids = async (store: CollectionStore, filters: FieldFilter[] = []): Promise<string[]> =>
      (await store.list('shops', 'g1', { filters, limit: 100, after: null })).map(({ id }) => id)

    test('the highest version of a document counts, in whatever order they are written', async () => {
      const store = await start()
      await store.put(shops, 'g1', [
        shop('a', { seats: 2 }, versionOf(20, 5)),
        shop('a', { seats: 1 }, versionOf(20, 4)),
      ])
      await store.put(shops, 'g1', [shop('a', { seats: 9 }, versionOf(9, 900)), shop('n')], true)
      await store.put(shops, 'g1', [shop('a', { seats: 7 }, versionOf(20, 5))])
      expect((await store.get('shops', 'g1', 'a'))?.value).toMatchObject({ seats: 2 })
      await store.put(shops, 'g1', [shop('a', { seats: 3 }, versionOf(100, 1)), shop('b')])
      expect((await store.get('shops', 'g1', 'a'))?.value).toMatchObject({ seats: 3 })
      expect(await ids(store)).toEqual(['a', 'b', 'n'])
      expect(await store.get('shops', 'g1', 'c')).toBeNull()
    })

    test('a removed document is gone, a late write does not bring it back, and it is forgotten in time', async () => {
      const store = await start()
      await store.put(shops, 'g1', [shop('a', {}, versionOf(1, 1))])
      await store.put(shops, 'g1', [{ id: 'a', value: null, version: versionOf(3, 1), removedAtMs: 3 }])
      await store.put(shops, 'g1', [shop('a', {}, versionOf(2, 1))])
      expect(await store.get('shops', 'g1', 'a')).toBeNull()
      expect(await ids(store)).toEqual([])
      expect(await store.near(shops, 'g1', { lat: 37, lon: 127, km: 1, filters: [], limit: 5 })).toEqual([])
      expect(await store.sweepRemoved('shops', 'g1', 3)).toBe(0)
      expect(await store.sweepRemoved('shops', 'g1', 4)).toBe(1)
      await store.put(shops, 'g1', [shop('b', {}, versionOf(1, 1))])
      expect(await store.sweepRemoved('shops', 'g1', 1_000)).toBe(0)
      expect(await ids(store)).toEqual(['b'])
    })

    test('documents are listed by id, page by page, and all are read in that order', async () => {
      const store = await start()
      const names = Array.from({ length: 1_203 }, (_, i) => `s${String((i * 7) % 1_203).padStart(5, '0')}`)
      await store.put(
        shops,
        'g1',
        names.map((id) => shop(id)),
        true,
      )
      const sorted = [...names].sort()
      const first = await store.list('shops', 'g1', { filters: [], limit: 500, after: null })
      const second = await store.list('shops', 'g1', { filters: [], limit: 1_000, after: first.at(-1)?.id ?? '' })
      expect([...first, ...second].map(({ id }) => id)).toEqual(sorted)
      const read: string[] = []
      for await (const { id } of store.documents('shops', 'g1')) read.push(id)
      expect(read).toEqual(sorted)
    })

    const holds: [FieldFilter, string][] = [
      [{ field: 'kind', kind: 'is', value: '카페' }, 'a'],
      [{ field: 'kind', kind: 'isNot', value: '카페' }, 'bcd'],
      [{ field: 'kind', kind: 'in', values: ['카페', '마트'] }, 'ab'],
      [{ field: 'kind', kind: 'startsWith', value: '마' }, 'b'],
      [{ field: 'kind', kind: 'null' }, 'cd'],
      [{ field: 'kind', kind: 'notNull' }, 'ab'],
      [{ field: 'seats', kind: 'null' }, 'd'],
      [{ field: 'seats', kind: 'gt', value: 10 }, 'bc'],
      [{ field: 'seats', kind: 'gte', value: 10 }, 'abc'],
      [{ field: 'seats', kind: 'lt', value: 20 }, 'a'],
      [{ field: 'seats', kind: 'lte', value: 20 }, 'ab'],
    ]
    test('filters hold as they say, null satisfying none but null and isNot', async () => {
      const store = await start()
      await store.put(shops, 'g1', [
        shop('a', { kind: '카페', seats: 10 }),
        shop('b', { kind: '마트', seats: 20 }),
        shop('c', { kind: null, seats: 30 }),
        shop('d', { kind: null }),
      ])
      for (const [filter, expected] of holds)
        expect([filter, (await ids(store, [filter])).join('')]).toEqual([filter, expected])
      const both: FieldFilter[] = [
        { field: 'kind', kind: 'null' },
        { field: 'seats', kind: 'is', value: 30 },
      ]
      expect(await ids(store, both)).toEqual(['c'])
    })

    test('the nearest come first, with their distance, within the radius and the limit, across the date line too', async () => {
      const store = await start()
      const at = (id: string, lat: number, lon: number) => shop(id, { lat, lon })
      await store.put(shops, 'g1', [
        at('far', 37.6, 127),
        at('near', 37.501, 127),
        at('nearer', 37.5005, 127),
        at('east', 10, 179.99),
        at('west', 10, -179.98),
        at('pole', 89.99, 10),
      ])
      const near = async (lat: number, lon: number, km: number, limit = 10) =>
        (await store.near(shops, 'g1', { lat, lon, km, filters: [], limit })).map(({ id, km: away }) => [
          id,
          Math.round(away * 1000),
        ])
      expect(await near(37.5, 127, 5)).toEqual([
        ['nearer', 56],
        ['near', 111],
      ])
      expect(await near(37.5, 127, 5, 1)).toEqual([['nearer', 56]])
      expect((await near(37.5, 127, 20)).map(([id]) => id)).toEqual(['nearer', 'near', 'far'])
      expect((await near(10, 180, 5)).map(([id]) => id)).toEqual(['east', 'west'])
      expect((await near(89.99, -170, 5)).map(([id]) => id)).toEqual(['pole'])
      expect(await near(37.5, 127, 0.05)).toEqual([])
    })

    test('one of two that switch from the same pointer wins, and the one before is remembered', async () => {
      const store = await start('g1', 1)
      await start('g2', 2)
      expect(await store.pointer('shops')).toBeNull()
      expect(await store.switchTo('shops', 'g1', null, 10)).toBe(true)
      expect(await store.switchTo('shops', 'g2', null, 11)).toBe(false)
      const base = await store.pointer('shops')
      expect(base).toEqual({ collection: 'shops', generation: 'g1', previous: null, sequence: 1, switchedAtMs: 10 })
      expect(await store.switchTo('shops', 'g2', base, 12)).toBe(true)
      expect(await store.switchTo('shops', 'g1', base, 13)).toBe(false)
      expect(await store.pointer('shops')).toMatchObject({ generation: 'g2', previous: 'g1', sequence: 2 })
    })

    test('a generation is opened once, completed once, listed newest first and dropped with all it has', async () => {
      const store = await start('g1', 1)
      await start('g2', 2)
      await store.put(shops, 'g1', [shop('a')])
      await store.setPosition('shops', 'g1', 0, { next: 5, timeMs: 50 })
      const facts = { loaded: 1, rejected: 2, checksum: 'c', completedAtMs: 9 }
      expect(await store.complete('shops', 'g1', facts)).toMatchObject({ ...facts, status: 'complete' })
      expect(await store.complete('shops', 'g1', { ...facts, checksum: 'd' })).toMatchObject({ checksum: 'c' })
      await start('g1', 7)
      expect((await store.generations('shops')).map(({ name, status }) => [name, status])).toEqual([
        ['g2', 'writing'],
        ['g1', 'complete'],
      ])
      await store.drop('shops', 'g1')
      await store.drop('shops', 'g1')
      expect(await store.generation('shops', 'g1')).toBeNull()
      expect(await ids(store)).toEqual([])
      expect((await store.positions('shops', 'g1')).size).toBe(0)
    })

    test('a position never goes back', async () => {
      const store = await start()
      await store.setPosition('shops', 'g1', 0, { next: 5, timeMs: 50 })
      await store.setPosition('shops', 'g1', 0, { next: 4, timeMs: 60 })
      await store.setPosition('shops', 'g1', 1, { next: 0, timeMs: 0 })
      expect(await store.positions('shops', 'g1')).toEqual(
        new Map([
          [0, { next: 5, timeMs: 50 }],
          [1, { next: 0, timeMs: 0 }],
        ]),
      )
    })
  })

  test('law: a box holds every point of its circle', () => {
    for (let i = 0; i < 5_000; i++) {
      const [lat, lon, km] = [((i * 37) % 1800) / 10 - 90, ((i * 91) % 3600) / 10 - 180, (i % 50) * 11 + 0.1]
      const point = { lat: ((i * 53) % 1800) / 10 - 90, lon: ((i * 17) % 3600) / 10 - 180 }
      if (distanceKm({ lat, lon }, point) > km) continue
      const box = boxAround({ lat, lon }, km)
      expect(point.lat >= box.lat[0] && point.lat <= box.lat[1]).toBe(true)
      expect(box.lon.some(([from, to]) => point.lon >= from && point.lon <= to)).toBe(true)
    }
  })
}
