import { expect, test } from 'vitest'
import { defineCollection, z } from '../../core/index.js'
import { type CollectionStore, openMemoryCollections } from '../../stores/collections/index.js'
import type { CollectionSearchStore, SearchWrite } from '../../stores/search/index.js'
import { EmptyLoadError, loadGeneration } from './load-generation.js'

const items = defineCollection({
  name: 'items',
  schema: z.object({ id: z.string(), won: z.int().min(1) }),
  id: 'id',
  search: { fields: ['id'] },
})

function open() {
  const indexes = new Map<string, Map<string, unknown>>()
  const collectionSearch = {
    async ensureGeneration(_: unknown, name: string) {
      if (!indexes.has(name)) indexes.set(name, new Map())
      return 'nori' as const
    },
    async put(_: unknown, name: string, writes: readonly SearchWrite[]) {
      for (const { id, value } of writes) indexes.get(name)?.set(id, value)
    },
    async refresh() {},
    async drop(_: string, name: string) {
      indexes.delete(name)
    },
  } as unknown as CollectionSearchStore
  const collections = openMemoryCollections()
  const clock = { nowMs: 1_000, now: () => clock.nowMs++ }
  const warnings: unknown[] = []
  const logger = {
    info: () => undefined,
    warn: (detail: unknown) => void warnings.push(detail),
    error: () => undefined,
  }
  const load = (run: string, documents: readonly unknown[], more: { signal?: AbortSignal } = {}) =>
    loadGeneration({ collections, collectionSearch, clock, logger }, items, each(documents), { id: run, ...more })
  const inForce = async () => {
    const pointer = await collections.pointer('items')
    return pointer === null ? null : all(collections, pointer.generation)
  }
  return { collections, indexes, warnings, load, inForce }
}

async function* each(documents: readonly unknown[]) {
  for (const value of documents) yield { id: String((value as { id: unknown }).id), value }
}

async function all(collections: CollectionStore, generation: string) {
  const found: unknown[] = []
  for await (const { value } of collections.documents('items', generation)) found.push(value)
  return found
}

test('a load becomes a generation, in the store and in the index, and is put in force at once', async () => {
  const { load, inForce, indexes, collections } = open()
  const report = await load('r1', [
    { id: 'b', won: 2 },
    { id: 'a', won: 1 },
    { id: 'b', won: 3, more: 'left out' },
  ])
  expect(report).toMatchObject({ loaded: 2, rejected: 0, rejections: [] })
  expect(await inForce()).toEqual([
    { id: 'a', won: 1 },
    { id: 'b', won: 3 },
  ])
  expect([...(indexes.get(report.generation)?.values() ?? [])]).toEqual([
    { id: 'b', won: 3 },
    { id: 'a', won: 1 },
  ])
  expect(await collections.pointer('items')).toMatchObject({
    generation: report.generation,
    sequence: 1,
    previous: null,
  })
})

test('bad documents are counted and told with field, value and expectation; the good ones are loaded', async () => {
  const { load, inForce, warnings } = open()
  const report = await load('r1', [{ id: 'a', won: 1 }, { id: 'b', won: 0 }, { id: 'c' }, { id: 7, won: 1 }])
  expect(report).toMatchObject({ loaded: 1, rejected: 3 })
  expect(report.rejections).toEqual([
    { id: 'b', field: 'won', value: '0', expected: expect.stringContaining('1') },
    { id: 'c', field: 'won', value: 'nothing', expected: expect.any(String) },
    { id: '7', field: 'id', value: '7', expected: expect.any(String) },
  ])
  expect(await inForce()).toEqual([{ id: 'a', won: 1 }])
  expect(warnings).toHaveLength(3)
})

test.each([
  ['no document', [], 'the source gave none'],
  ['none that is good', [{ id: 'a', won: -1 }], 'all 1 were rejected, the first because won is -1'],
])('a load of %s is refused, and what is in force stays', async (_, documents, why) => {
  const { load, inForce, collections } = open()
  await load('r1', [{ id: 'a', won: 1 }])
  await expect(load('r2', documents)).rejects.toThrow(why)
  await expect(load('r2', documents)).rejects.toThrow(EmptyLoadError)
  expect(await inForce()).toEqual([{ id: 'a', won: 1 }])
  expect(await collections.generations('items')).toHaveLength(1)
})

test('a run that is repeated changes nothing, and another run of equal documents has the same checksum', async () => {
  const { load, collections } = open()
  const first = await load('r1', [
    { id: 'a', won: 1 },
    { id: 'b', won: 2 },
  ])
  const pointer = await collections.pointer('items')
  expect(await load('r1', [])).toEqual(first)
  expect(await collections.pointer('items')).toEqual(pointer)
  const second = await load('r2', [
    { won: 2, id: 'b' },
    { id: 'a', won: 1 },
  ])
  expect(second.generation).not.toBe(first.generation)
  expect(second.checksum).toBe(first.checksum)
  expect((await load('r3', [{ id: 'a', won: 9 }])).checksum).not.toBe(first.checksum)
})

test('the generation before the one in force is kept, older ones go, from the index too', async () => {
  const { load, collections, indexes } = open()
  const names: string[] = []
  for (const run of ['r1', 'r2', 'r3']) names.push((await load(run, [{ id: run, won: 1 }])).generation)
  expect((await collections.generations('items')).map(({ name }) => name)).toEqual([names[2], names[1]])
  expect([...indexes.keys()]).toEqual([names[1], names[2]])
})

test('a late repetition of an older run does not bring its documents back', async () => {
  const { load, inForce } = open()
  await load('r1', [{ id: 'old', won: 1 }])
  await load('r2', [{ id: 'new', won: 1 }])
  await load('r1', [{ id: 'old', won: 1 }])
  expect(await inForce()).toEqual([{ id: 'new', won: 1 }])
})

test('an interrupted load is not in force, and its repetition begins anew', async () => {
  const { load, inForce } = open()
  const stop = new AbortController()
  stop.abort(new Error('killed'))
  await expect(
    load(
      'r1',
      [
        { id: 'a', won: 1 },
        { id: 'left over', won: 1 },
      ],
      { signal: stop.signal },
    ),
  ).rejects.toThrow('killed')
  expect(await inForce()).toBeNull()
  expect(await load('r1', [{ id: 'a', won: 1 }])).toMatchObject({ loaded: 1 })
  expect(await inForce()).toEqual([{ id: 'a', won: 1 }])
})
