import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadGeneration } from '../../../batch-layer/collections/load-generation.js'
import { runSource } from '../../../batch-layer/sources/run-source.js'
import type { SourceDeps } from '../../../batch-layer/sources/source-deps.js'
import type { SourceDefinition } from '../../../core/index.js'
import { aptSource } from '../../../pipelines/carbon/sources/apt.js'
import { energySource } from '../../../pipelines/carbon/sources/energy.js'
import { weatherSource } from '../../../pipelines/carbon/sources/weather.js'
import { openCollections } from '../../../stores/collections/index.js'
import { openLanding } from '../../../stores/landing/index.js'
import { openLog } from '../../../stores/log/index.js'
import type { LogStore } from '../../../stores/log/log-port.js'
import { openCollectionSearch } from '../../../stores/search/index.js'
import { systemClock } from '../../../stores/system-clock.js'
import { openSourceStates } from '../../../stores/warm/source-states-store.js'
import { testConnections, uniqueName } from '../../../test/support/engines.js'
import { seededComplexes } from './complexes.js'
import { type Provider, startDataGoKr } from './provider.js'
import { CHECKED } from './usage.js'

const scheduledMs = Date.UTC(2024, 2, 2, 17)
const quiet = () => undefined
const logger = { info: quiet, warn: quiet, error: quiet }
const closing: (() => Promise<unknown>)[] = []
let deps: SourceDeps
let log: LogStore
let provider: Provider

beforeAll(async () => {
  const connections = testConnections()
  const mongo = { ...connections.mongo, database: uniqueName('carbon') }
  const folder = await mkdtemp(join(tmpdir(), 'tandem-carbon-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  const client = await new MongoClient(mongo.url).connect()
  closing.push(
    () => client.close(),
    () => client.db(mongo.database).dropDatabase(),
  )
  const opened = <T extends { close(): Promise<void> }>(store: T): T => {
    closing.push(() => store.close())
    return store
  }
  log = opened(openLog(connections.kafka, { clientId: 'carbon-test', logger }))
  provider = opened(
    await startDataGoKr({
      complexes: seededComplexes(3, 2),
      readings: CHECKED,
      reportedThrough: () => '202312',
    }),
  )
  const collections = opened(await openCollections(mongo))
  const collectionSearch = opened(await openCollectionSearch(connections.search))
  deps = {
    log,
    states: opened(await openSourceStates(mongo)),
    landing: openLanding(folder),
    loadCollection: (collection, documents, { progress: _, ...run }) =>
      loadGeneration({ collections, collectionSearch, clock: systemClock, logger }, collection, documents, run),
    clock: systemClock,
    logger,
    env: { DATA_GO_KR_URL: provider.url },
    random: Math.random,
    fetch: globalThis.fetch,
    pause: (ms, signal) => pause(ms, undefined, signal === undefined ? {} : { signal }),
  }
})

afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

/** The source into a topic of this run's own. */
async function ownTopic(source: SourceDefinition): Promise<SourceDefinition & { readonly topic: string }> {
  if (source.into.kind !== 'stream') throw new Error(`${source.name} has no stream`)
  const topic = uniqueName(source.into.topic)
  await log.ensureTopic({ name: topic, partitions: 2 })
  return {
    ...source,
    topic,
    into: { ...source.into, topic },
    limits: { ...source.limits, requestsPerSecond: 2_000 },
  }
}

async function recordsOf(topic: string): Promise<readonly { key: string; value: { sign: number } }[]> {
  const records: { key: string; value: { sign: number } }[] = []
  for (const { partition, low, high } of await log.offsets(topic))
    for await (const batch of log.readRange({ topic, partition, from: low, to: high }))
      for (const { key, value } of batch.records) records.push({ key: String(key), value: JSON.parse(String(value)) })
  return records
}

test('complexes and readings go into Kafka once, whatever is repeated', async () => {
  for (const shipped of [aptSource, energySource]) {
    const source = await ownTopic(shipped)
    const first = await runSource(deps, source, { id: 'r1', scheduledMs })
    expect(first).toMatchObject({ status: 'ok', errors: [], unchanged: 0 })
    for (const id of ['r1', 'r2'])
      expect(await runSource(deps, source, { id, scheduledMs })).toMatchObject({ loaded: 0, unchanged: first.loaded })
    const records = await recordsOf(source.topic)
    expect(records.length).toBe(first.loaded)
    expect(new Set(records.map(({ key }) => key)).size).toBe(first.loaded)
  }
})

test('a run that ends between writing down and remembering sends each record once, on Kafka and MongoDB', async () => {
  for (const had of [true, false]) {
    const source = { ...(await ownTopic(aptSource)), name: `apt-${had}-${randomUUID().slice(0, 8)}` }
    const dying: SourceDeps = {
      ...deps,
      log: {
        offsets: (topic) => log.offsets(topic),
        readRange: (options) => log.readRange(options),
        async produce(topic, records) {
          if (had) await log.produce(topic, records)
          throw new Error('killed')
        },
      },
    }
    await expect(runSource(dying, source, { id: 'r1', scheduledMs })).rejects.toThrow('killed')
    expect(await runSource(deps, source, { id: 'r1', scheduledMs })).toMatchObject({ status: 'ok', unchanged: 2 })
    expect((await recordsOf(source.topic)).length).toBe(2)
  }
})

test('the weather is a generation of its collection, the same bytes run after run', async () => {
  const source = { ...weatherSource, limits: { ...weatherSource.limits, requestsPerSecond: 2_000 } }
  const checksums: string[] = []
  const noting: SourceDeps = {
    ...deps,
    async loadCollection(collection, documents, run) {
      const loaded = await deps.loadCollection(collection, documents, run)
      checksums.push(loaded.checksum)
      return loaded
    },
  }
  for (const id of ['r1', 'r1', 'r2'])
    expect(await runSource(noting, source, { id, scheduledMs })).toMatchObject({ status: 'ok', loaded: 26 })
  expect(new Set(checksums).size).toBe(1)
})
