import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineCollection, z } from '../../core/index.js'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import type { FieldFilter } from '../collections/field-filter.js'
import type { CollectionSearchStore, TextQuery } from './collection-search-port.js'
import { openCollectionSearch } from './collection-search-store.js'

const DRINKS = [
  { id: 'd1', title: '삼다수 무라벨생수', brand: '제주', volume: '2L', won: 980, stock: 12, label: false },
  { id: 'd2', title: '맑은 스파클링 워터', brand: '북한강', volume: '500ML', won: 1_200, stock: 3, label: true },
  { id: 'd3', title: '오렌지주스 <유기농> & 꿀', brand: '제주', volume: '1L', won: 3_500, stock: null, label: true },
  { id: 'd4', title: '원두커피 콜드브루', brand: '남산', volume: '500ML', won: 2_400, stock: 8, label: true },
  { id: 'd5', title: '물', brand: '남산', volume: '300ML', won: 500, stock: 80, label: false },
]

for (const analysis of ['nori', 'bigram'] as const) {
  describe(`search with ${analysis}`, () => {
    const drinks = defineCollection({
      name: uniqueName('drinks'),
      schema: z.object({
        id: z.string(),
        title: z.string(),
        brand: z.string(),
        volume: z.string(),
        won: z.number(),
        stock: z.int().nullable(),
        label: z.boolean(),
      }),
      id: 'id',
      search: {
        fields: ['title^3', 'volume'],
        synonyms: ['탄산, 스파클링, 탄산음료', '생수, 물', '커피 => 원두커피'],
        facets: ['brand', 'label', 'stock'],
        suggest: 'title',
      },
    })
    let store: CollectionSearchStore
    beforeAll(async () => {
      store = await openCollectionSearch(testConnections().search, {}, analysis === 'nori' ? undefined : [analysis])
      expect(await store.ensureGeneration(drinks, 'g')).toBe(analysis)
      expect(await store.ensureGeneration(drinks, 'g')).toBe(analysis)
      await store.put(
        drinks,
        'g',
        DRINKS.map((value) => ({ id: value.id, value })),
      )
      await store.refresh(drinks.name, 'g')
    })
    afterAll(async () => {
      await store.drop(drinks.name, 'g')
      await store.drop(drinks.name, 'g')
      await store.close()
    })
    const ask = (q: string, more: Partial<TextQuery> = {}) =>
      store.search(drinks, 'g', { q, filters: [], limit: 10, offset: 0, highlight: false, facets: [], ...more })
    const found = async (q: string, filters: FieldFilter[] = []) =>
      (await ask(q, { filters })).hits.map(({ id }) => id).sort()

    test('a part of a Korean compound finds it', async () => {
      expect(await found('주스')).toEqual(['d3'])
      expect(await found('라벨')).toEqual(['d1'])
      expect(await found('무라벨 생수')).toEqual(['d1'])
      expect(await found('사이다')).toEqual([])
    })

    test('what means the same is found, one way only where it is said so', async () => {
      expect(await found('탄산음료')).toEqual(['d2'])
      expect(await found('탄산')).toEqual(['d2'])
      expect(await found('생수')).toEqual(['d1', 'd5'])
      expect(await found('물')).toContain('d1')
      expect(await found('커피')).toEqual(['d4'])
      expect(await found('스파클링 500ml')).toEqual(['d2'])
      expect(await found('스파클링 2l')).toEqual([])
    })

    test('highlights show where the words stand, the rest escaped', async () => {
      const { hits } = await ask('오렌지', { highlight: true })
      expect(hits[0]?.highlight?.title?.[0]).toContain('<em>오렌지</em>')
      expect(hits[0]?.highlight?.title?.[0]).toContain('&lt;유기농&gt; &amp; 꿀')
      expect((await ask('오렌지')).hits[0]?.highlight).toBeNull()
    })

    test('without words every document is found, page by page, and facets count them', async () => {
      const first = await ask('', { limit: 2, facets: ['brand', 'label', 'stock'] })
      const second = await ask('  ', { limit: 3, offset: 2 })
      expect(first.total).toBe(5)
      expect([...first.hits, ...second.hits].map(({ id }) => id)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5'])
      expect(first.facets).toEqual({
        brand: [
          { value: '남산', count: 2 },
          { value: '제주', count: 2 },
          { value: '북한강', count: 1 },
        ],
        label: [
          { value: true, count: 3 },
          { value: false, count: 2 },
        ],
        stock: [3, 8, 12, 80].map((value) => ({ value, count: 1 })),
      })
      expect(first.hits[0]?.value).toEqual(DRINKS[0])
    })

    test('filters hold as they do on documents', async () => {
      expect(await found('', [{ field: 'brand', kind: 'is', value: '제주' }])).toEqual(['d1', 'd3'])
      expect(await found('', [{ field: 'title', kind: 'is', value: '물' }])).toEqual(['d5'])
      expect(await found('', [{ field: 'title', kind: 'startsWith', value: '오렌' }])).toEqual(['d3'])
      expect(await found('', [{ field: 'stock', kind: 'isNot', value: 12 }])).toEqual(['d2', 'd3', 'd4', 'd5'])
      expect(await found('', [{ field: 'stock', kind: 'null' }])).toEqual(['d3'])
      expect(await found('', [{ field: 'stock', kind: 'gte', value: 12 }])).toEqual(['d1', 'd5'])
      expect(await found('', [{ field: 'won', kind: 'lt', value: 980 }])).toEqual(['d5'])
      expect(await found('', [{ field: 'label', kind: 'is', value: false }])).toEqual(['d1', 'd5'])
      expect(await found('', [{ field: 'brand', kind: 'in', values: ['남산', '북한강'] }])).toEqual(['d2', 'd4', 'd5'])
      expect(
        await found('생수', [
          { field: 'stock', kind: 'notNull' },
          { field: 'won', kind: 'gt', value: 500 },
        ]),
      ).toEqual(['d1'])
    })

    test('beginnings of values and of their words are suggested', async () => {
      expect(await store.suggest(drinks, 'g', '오렌', 5)).toEqual(['오렌지주스 <유기농> & 꿀'])
      expect(await store.suggest(drinks, 'g', '콜드', 5)).toEqual(['원두커피 콜드브루'])
      expect(await store.suggest(drinks, 'g', '스파클링 워', 5)).toEqual(['맑은 스파클링 워터'])
      expect(await store.suggest(drinks, 'g', ' ', 5)).toEqual([])
    })

    test('of versioned writes the highest counts, removals too', async () => {
      const generation = 'v'
      await store.ensureGeneration(drinks, generation)
      const write = (won: number | null, version: bigint) =>
        store.put(drinks, generation, [{ id: 'd1', value: won === null ? null : { ...DRINKS[0], won }, version }])
      const won = async () => {
        await store.refresh(drinks.name, generation)
        const { hits } = await store.search(drinks, generation, {
          ...{ q: '', filters: [], limit: 1, offset: 0, highlight: false, facets: [] },
        })
        return hits[0]?.value.won ?? null
      }
      const large = 2n ** 61n
      await write(2, large + 2n)
      await write(1, large + 1n)
      expect(await won()).toBe(2)
      await write(null, large + 3n)
      await write(2, large + 2n)
      expect(await won()).toBeNull()
      await write(4, large + 4n)
      expect(await won()).toBe(4)
      await store.drop(drinks.name, generation)
    })
  })
}
