import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ensureFed } from '../batch-layer/collections/ensure-fed.js'
import { rebuildGeneration } from '../batch-layer/collections/rebuild-generation.js'
import { compileDecoder } from '../core/decode/compile-decoder.js'
import { defineCollection, defineStream, instant, z } from '../core/index.js'
import { feedCollections } from '../speed-layer/collections/feed-collections.js'
import { type CollectionStore, openCollections } from '../stores/collections/index.js'
import type { Connections } from '../stores/connections.js'
import { type LakeStore, openLake } from '../stores/lake/index.js'
import { type LogStore, openLog } from '../stores/log/index.js'
import { type CollectionSearchStore, openCollectionSearch } from '../stores/search/index.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarmMemory } from '../stores/warm/index.js'
import { testConnections, uniqueName } from './support/engines.js'
import { eventually } from './support/eventually.js'
import { silent } from './support/lane-bench.js'

const EPOCH_MS = 3_600_000
const stream = defineStream({
  name: uniqueName('stock'),
  schema: z.object({ sku: z.string(), title: z.string(), left: z.int(), at: instant() }),
  eventTime: 'at',
})
const define = (shown: 'left' | 'double') =>
  defineCollection({
    name: uniqueName('items').slice(0, 24),
    from: stream,
    fields: (e) => ({ sku: e.sku, title: e.title, left: shown === 'left' ? e.left : e.left.times(2) }),
    id: 'sku',
    remove: (e) => e.left.lt(0),
    search: { fields: ['title'] },
  })
const items = define('left')
const changed = { ...define('double'), name: items.name }

let connections: Connections
let log: LogStore
let lake: LakeStore
let collections: CollectionStore
let collectionSearch: CollectionSearchStore
let root: string
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  connections = testConnections()
  connections = { ...connections, mongo: { ...connections.mongo, database: uniqueName('fed') } }
  root = await mkdtemp(join(tmpdir(), 'tandem-fed-'))
  log = openLog(connections.kafka, { clientId: 'fed-test', logger: silent })
  lake = await openLake(root)
  collections = await openCollections(connections.mongo)
  collectionSearch = await openCollectionSearch(connections.search)
  await log.ensureTopic({ name: stream.topic, partitions: 1 })
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
afterAll(async () => {
  for (const { name } of await collections.generations(items.name)) await collectionSearch.drop(items.name, name)
  const client = await new MongoClient(connections.mongo.url).connect()
  await client.db(connections.mongo.database).dropDatabase()
  await Promise.all([client.close(), log.close(), lake.close(), collections.close(), collectionSearch.close()])
  await rm(root, { recursive: true, force: true })
})

const warm = openWarmMemory()
const deps = () => ({ collections, collectionSearch, lake, warm, log, clock: systemClock, logger: silent })
const say = (sku: string, left: number) =>
  log.produce(stream.topic, [
    {
      key: sku,
      value: JSON.stringify({ sku, title: `무라벨생수 ${sku}`, left, at: new Date().toISOString() }),
      partition: 0,
    },
  ])

function feed(definition = items): void {
  const abort = new AbortController()
  const ended = feedCollections([definition], {
    ...{ connections, log, clock: systemClock, logger: silent, signal: abort.signal },
  })
  stops.push(async () => {
    abort.abort()
    await ended.catch(() => undefined)
  })
}

async function inForce(): Promise<Record<string, unknown>> {
  const pointer = await collections.pointer(items.name)
  const found: Record<string, unknown> = {}
  if (pointer !== null)
    for await (const { id, value } of collections.documents(items.name, pointer.generation)) found[id] = value.left
  return found
}

/** Moves everything below the end of the log into the lake, as an epoch. */
async function seal(epoch: number, from: number): Promise<number> {
  const [end] = await log.offsets(stream.topic)
  const to = end?.high ?? 0
  const decoder = compileDecoder(stream)
  const place = { stream, epoch, epochMs: EPOCH_MS, partition: 0, from, attempt: 'a' }
  const writer = await lake.openPart(place)
  let accepted = 0
  for await (const { records } of log.readRange({ topic: stream.topic, partition: 0, from, to })) {
    for (const { offset, timeMs, value } of records) {
      const decoded = decoder.decode(value, timeMs)
      if (!decoded.ok) continue
      writer.append({ offset, timeMs, epoch }, decoded.row, null)
      accepted++
    }
  }
  const files = await writer.finish(to)
  await lake.seal({
    ...{ version: 1, stream: stream.name, streamHash: stream.hash, epoch, epochMs: EPOCH_MS, sealedAtMs: 1 },
    ...{ attempt: 'a', cuts: [] },
    partitions: [
      {
        ...{ partition: 0, from, to, epoch: epoch + 1, open: false, read: accepted, accepted, rejected: 0 },
        ...{ duplicates: 0, ticks: 0, last: null, lost: [], files },
      },
    ],
  })
  return to
}

test('a collection is rebuilt from the lake, fed live from there, and rebuilt when its definition changes', async () => {
  await say('a', 1)
  await say('b', 5)
  await say('a', 2)
  await say('gone', 1)
  await say('gone', -1)
  const sealed = await seal(480_000, 0)
  // what is sealed is no longer in Kafka: only the lake knows it
  await log.deleteRecords(stream.topic, 0, sealed)
  await say('b', 4)
  const first = await ensureFed(deps(), items)
  expect(first).toMatchObject({ loaded: 2, status: 'complete', hash: items.hash })
  expect(await ensureFed(deps(), items)).toEqual(first)
  expect(await collections.pointer(items.name)).toBeNull()
  feed()
  await eventually(inForce, (found) => found.b === 4)
  expect(await inForce()).toEqual({ a: 2, b: 4 })
  await say('a', 9)
  await say('b', -1)
  await eventually(inForce, (found) => found.a === 9 && !('b' in found))
  const found = await eventually(
    () =>
      collectionSearch.search(items, first.name, {
        ...{ q: '생수', filters: [], limit: 10, offset: 0, highlight: false, facets: [] },
      }),
    ({ hits }) => hits.length === 1 && hits[0]?.value.left === 9,
  )
  expect(found.hits[0]?.id).toBe('a')

  // a rebuild of the same definition takes its place without a gap
  const again = await rebuildGeneration(deps(), items, { id: 'again' })
  expect(again.checksum).toBe(first.checksum)
  await eventually(
    () => collections.pointer(items.name),
    (pointer) => pointer?.generation === again.name && pointer.previous === first.name,
  )
  expect(await inForce()).toEqual({ a: 9 })
  await say('c', 3)
  await eventually(inForce, (held) => held.c === 3)
  for (const stop of stops.splice(0)) await stop()

  // while nothing feeds it, records wait in the log; a changed definition starts from the lake again
  await say('d', 8)
  const next = await ensureFed(deps(), changed)
  expect(next.name).not.toBe(again.name)
  feed(changed)
  await eventually(inForce, (held) => held.d === 16)
  expect(await inForce()).toEqual({ a: 18, c: 6, d: 16 })
})
