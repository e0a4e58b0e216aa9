import { expect, test } from 'vitest'
import { compileFeed } from '../../core/compile/compile-feed.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { defineCollection, defineStream, instant, z } from '../../core/index.js'
import { type Generation, openMemoryCollections } from '../../stores/collections/index.js'
import type { LogBatch } from '../../stores/log/index.js'
import type { SearchWrite } from '../../stores/search/index.js'
import { feedBatch } from './feed-batch.js'
import { generationsToFeed, hasCaughtUp } from './pick-generations.js'

const stream = defineStream({
  name: 'stock',
  schema: z.object({ sku: z.string(), left: z.int(), at: instant(), gone: z.boolean().optional() }),
  eventTime: 'at',
})
const items = defineCollection({
  name: 'items',
  from: stream,
  fields: (e) => ({ sku: e.sku, left: e.left }),
  id: 'sku',
  remove: (e) => e.gone.is(true),
  search: { fields: ['sku'] },
})
const fed = { collection: items, generation: 'g', feed: compileFeed(items), decoder: compileDecoder(stream) }

async function open() {
  const collections = openMemoryCollections()
  await collections.openGeneration(items, { name: 'g', run: 'r', createdAtMs: 1, analysis: 'nori' })
  const searched: SearchWrite[] = []
  const collectionSearch = {
    put: async (_c: unknown, _g: string, writes: readonly SearchWrite[]) => void searched.push(...writes),
  }
  const left = async (sku: string) => (await collections.get('items', 'g', sku))?.value.left ?? null
  return { deps: { collections, collectionSearch }, collections, searched, left }
}

/** Records of partition 0 from an offset on; the broker's times are given, the values' own do not matter. */
function batch(from: number, records: readonly [timeMs: number, value: object | string][]): LogBatch {
  return {
    ...{ topic: 'stock', partition: 0, from, to: from + records.length, highWatermark: 0 },
    records: records.map(([timeMs, value], i) => ({
      ...{ offset: from + i, timeMs, key: null, tick: false },
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify({ at: '1970-01-01T00:00:00Z', ...value })),
    })),
  }
}

test('the latest record of each id counts, bad records change nothing, and the position is stored', async () => {
  const { deps, collections, left } = await open()
  const next = await feedBatch(
    fed,
    batch(5, [
      [100, { sku: 'a', left: 3 }],
      [101, 'poison'],
      [102, { sku: 'b', left: 9 }],
      [103, { sku: 'a', left: 2 }],
    ]),
    { next: 5, timeMs: 0 },
    deps,
  )
  expect(next).toEqual({ next: 9, timeMs: 103 })
  expect([await left('a'), await left('b')]).toEqual([2, 9])
  expect((await collections.positions('items', 'g')).get(0)).toEqual(next)
})

test('a late retry of an old batch overwrites nothing and moves no position back', async () => {
  const { deps, collections, searched, left } = await open()
  const old = batch(0, [[100, { sku: 'a', left: 1 }]])
  await feedBatch(fed, old, { next: 0, timeMs: 0 }, deps)
  await feedBatch(fed, batch(1, [[90, { sku: 'a', left: 2 }]]), { next: 1, timeMs: 100 }, deps)
  await feedBatch(fed, old, { next: 0, timeMs: 0 }, deps)
  expect(await left('a')).toBe(2)
  expect((await collections.positions('items', 'g')).get(0)).toEqual({ next: 2, timeMs: 100 })
  // the broker's clock stepped back, the version did not
  expect(searched.map(({ version }) => version)).toEqual([419_430_400n, 419_430_401n, 419_430_400n])
})

test('a removal stays when the write before it comes late, and ends with a later write', async () => {
  const { deps, left } = await open()
  const first = batch(0, [[100, { sku: 'a', left: 1 }]])
  await feedBatch(fed, first, { next: 0, timeMs: 0 }, deps)
  await feedBatch(fed, batch(1, [[101, { sku: 'a', left: 0, gone: true }]]), { next: 1, timeMs: 100 }, deps)
  await feedBatch(fed, first, { next: 0, timeMs: 0 }, deps)
  expect(await left('a')).toBeNull()
  await feedBatch(fed, batch(2, [[102, { sku: 'a', left: 7 }]]), { next: 2, timeMs: 101 }, deps)
  expect(await left('a')).toBe(7)
})

const generation = (name: string, createdAtMs: number, more: Partial<Generation> = {}): Generation => ({
  ...{ collection: 'items', name, hash: items.hash, run: name, status: 'complete', createdAtMs, completedAtMs: 1 },
  ...{ loaded: 0, rejected: 0, checksum: '', analysis: null },
  ...more,
})
const pointerTo = (of: string, previous: string | null = null) => ({
  ...{ collection: 'items', generation: of, previous, sequence: 1, switchedAtMs: 1 },
})

test('the generation in force is fed, and a newer one of the same definition until it takes its place', () => {
  const names = (list: Generation[], pointer: ReturnType<typeof pointerTo> | null) =>
    generationsToFeed(items, list, pointer).map(({ name }) => name)
  expect(names([], null)).toEqual([])
  expect(names([generation('a', 1)], null)).toEqual(['a'])
  expect(names([generation('a', 1), generation('b', 2)], pointerTo('a'))).toEqual(['a', 'b'])
  expect(names([generation('a', 1), generation('b', 2, { status: 'writing' })], pointerTo('a'))).toEqual(['a'])
  expect(names([generation('a', 1), generation('b', 2)], pointerTo('b', 'a'))).toEqual(['b'])
  expect(names([generation('old', 1, { hash: 'x' }), generation('b', 2)], pointerTo('old'))).toEqual(['b'])
})

test('a generation has caught up when it holds all that readers have', () => {
  const at = (next: number) => new Map([[0, { next, timeMs: 0 }]])
  expect(hasCaughtUp(at(4), new Map([[0, 5]]))).toBe(false)
  expect(hasCaughtUp(at(5), new Map([[0, 5]]))).toBe(true)
  expect(
    hasCaughtUp(
      at(5),
      new Map([
        [0, 5],
        [1, 0],
      ]),
    ),
  ).toBe(false)
  expect(hasCaughtUp(new Map(), new Map())).toBe(true)
})
