import { expect, test } from 'vitest'
import { type Columns, decimal, defineCollection, defineStream, instant, type Stream, z } from '../index.js'

const stock = defineStream({
  name: 'stock',
  schema: z.object({ sku: z.string(), left: z.int(), price: decimal(2), at: instant(), gone: z.boolean() }),
  eventTime: 'at',
})
type Stock = Columns<typeof stock extends Stream<infer R> ? R : never>
const schema = z.object({
  id: z.string(),
  title: z.string(),
  won: z.int(),
  lat: z.number(),
  lon: decimal(6),
  tags: z.array(z.string()),
})
const loaded = { name: 'items', schema, id: 'id' } as const
const fed = { name: 'shelf', from: stock, id: 'sku', fields: (e: Stock) => ({ sku: e.sku, left: e.left }) }

test('a loaded collection has the fields of its schema, and no feed', () => {
  const items = defineCollection({ ...loaded, search: { fields: ['title^3'] }, place: { lat: 'lat', lon: 'lon' } })
  expect(items.columns.map(({ name }) => name)).toEqual(['id', 'title', 'won', 'lat', 'lon', 'tags'])
  expect(items).toMatchObject({ kind: 'collection', feed: null, place: { lat: 'lat', lon: 'lon' } })
  expect(items.search).toEqual({ fields: ['title^3'], synonyms: [], facets: [], suggest: null })
  expect(items.schema).toBe(schema)
})

test('a fed collection has the fields of its expressions and their types, and no schema', () => {
  const shelf = defineCollection({
    ...fed,
    fields: (e) => ({ sku: e.sku, value: e.price.times(e.left), at: e.at }),
    remove: (e) => e.gone,
  })
  expect(shelf.columns.map(({ name, type }) => [name, type.kind])).toEqual([
    ['sku', 'text'],
    ['value', 'decimal'],
    ['at', 'time'],
  ])
  expect(shelf.feed?.stream).toBe(stock)
  expect(shelf.feed?.remove).not.toBeNull()
  expect(shelf.schema).toBeUndefined()
})

test('definitions are frozen, and go to other processes without their schema', () => {
  const items = defineCollection({ ...loaded, search: { fields: ['title'] } })
  expect(Object.isFrozen(items)).toBe(true)
  expect(Object.isFrozen(items.search)).toBe(true)
  expect(JSON.parse(JSON.stringify(items))).not.toHaveProperty('schema')
})

test('the hash changes with everything that changes a stored or an indexed document, and with nothing else', () => {
  const { hash } = defineCollection({ ...loaded, search: { fields: ['title'] } })
  expect(defineCollection({ ...loaded, schema: schema.clone(), search: { fields: ['title'] } }).hash).toBe(hash)
  expect(defineCollection({ ...loaded, search: { fields: ['title'], synonyms: ['생수, 물'] } }).hash).not.toBe(hash)
  expect(
    defineCollection({ ...loaded, schema: schema.omit({ won: true }), search: { fields: ['title'] } }).hash,
  ).not.toBe(hash)
  const one = defineCollection(fed).hash
  expect(defineCollection({ ...fed, remove: (e) => e.gone }).hash).not.toBe(one)
  expect(defineCollection({ ...fed, fields: (e) => ({ sku: e.sku, left: e.left.plus(1) }) }).hash).not.toBe(one)
})

test.each<[string, () => unknown, string]>([
  [
    'an id that is no field',
    () => defineCollection({ ...loaded, id: 'key' as 'id' }),
    'id names "key", which is not among id',
  ],
  [
    'an id that is no name',
    () => defineCollection({ ...loaded, id: 'lat' }),
    'id "lat" is real; it must be text or integer',
  ],
  ['a list as id', () => defineCollection({ ...loaded, id: 'tags' as 'id' }), 'id "tags" is a list or a map'],
  [
    'a search in numbers',
    () => defineCollection({ ...loaded, search: { fields: ['won'] } }),
    'search.fields "won" is integer',
  ],
  [
    'a facet of reals',
    () => defineCollection({ ...loaded, search: { fields: ['title'], facets: ['lat'] } }),
    'search.facets "lat"',
  ],
  [
    'a suggestion of numbers',
    () => defineCollection({ ...loaded, search: { fields: ['title'], suggest: 'won' } }),
    'search.suggest "won"',
  ],
  [
    'a place in text',
    () => defineCollection({ ...loaded, place: { lat: 'title', lon: 'lon' } }),
    'place "title" is text',
  ],
  ['a name with capitals', () => defineCollection({ ...loaded, name: 'Items' }), 'collection "Items"'],
  [
    'a removal that is no condition',
    () => defineCollection({ ...fed, remove: ((e: Stock) => e.left) as never }),
    'remove must be a condition',
  ],
  [
    'a field that is no expression',
    () => defineCollection({ ...fed, fields: (() => ({ sku: 'a' })) as never }),
    'field "sku" must be an expression',
  ],
])('%s is refused, naming the collection', (_, define, message) => {
  expect(define).toThrow(message)
  expect(define).toThrow(/collection "(items|shelf|Items)"/)
})
