import { expect, test } from 'vitest'
import { decimal, defineCollection, defineStream, instant, z } from '../index.js'
import { compileFeed } from './compile-feed.js'

const stock = defineStream({
  name: 'stock',
  schema: z.object({ sku: z.string().nullable(), left: z.int(), price: decimal(2), at: instant(), gone: z.boolean() }),
  eventTime: 'at',
})
const items = defineCollection({
  name: 'items',
  from: stock,
  fields: (e) => ({ sku: e.sku.upper(), left: e.left, price: e.price, at: e.at }),
  id: 'sku',
  remove: (e) => e.gone.is(true),
})
const row = { sku: 'a1', left: 3, price: 1250, at: 1_000, gone: false }

test('a record becomes the document of its id, numbers and times as they are shown', () => {
  expect(compileFeed(items)(row)).toEqual({
    id: 'A1',
    value: { sku: 'A1', left: 3, price: 12.5, at: '1970-01-01T00:00:01.000Z' },
  })
})

test('a record that meets the condition removes it; one without an id does nothing', () => {
  expect(compileFeed(items)({ ...row, gone: true })).toEqual({ id: 'A1', value: null })
  expect(compileFeed(items)({ ...row, sku: null })).toBeNull()
  expect(compileFeed(items)({ ...row, sku: '' })).toBeNull()
})

test('a collection that a source loads has no feed', () => {
  const loaded = defineCollection({ name: 'loaded', schema: z.object({ id: z.string() }), id: 'id' })
  expect(() => compileFeed(loaded)).toThrow('collection "loaded" is loaded by a source')
})
