import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Catalog, compileCatalog } from '../core/define/compile-catalog.js'
import { definePipeline, defineStream, defineView, instant, sum, z } from '../core/index.js'
import { viewSetOf } from '../core/seam/index.js'
import { runServing } from '../serving-layer/runner.js'
import { type Json, NO_OPERATIONS } from '../serving-layer/testing/open-api.js'
import { runSpeed } from '../speed-layer/runner.js'
import type { Connections } from '../stores/connections.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { type LogStore, openLog } from '../stores/log/index.js'
import { systemClock } from '../stores/system-clock.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { openWorkflows, type Workflows } from '../workflows/client.js'
import { runWorker } from '../workflows/runner.js'
import { testConnections, uniqueName } from './support/engines.js'
import { eventually } from './support/eventually.js'
import { silent } from './support/lane-bench.js'

const EPOCH_MS = 2_000
const MARGIN_MS = 200
const EVERY_MS = 20
const name = uniqueName('marked')
const viewName = `${name}-marks`
/** What the second definition counts for each record; the first counts 1. */
const MARK = 1_000_003

const stream = defineStream({
  name,
  schema: z.object({ at: instant(), one: z.int(), mark: z.int() }),
  eventTime: 'at',
  partitions: 2,
})
/** What is deployed: the same view by one definition or the other. */
const deployment = (mark: boolean): Catalog => {
  const view = defineView(viewName, {
    from: stream,
    by: () => ({}),
    measures: (e) => ({ total: sum(mark ? e.mark : e.one) }),
    windows: ['1m'],
  })
  return compileCatalog([definePipeline({ name: 'marked', streams: [stream], views: [view] })])
}
const [first, second] = [deployment(false), deployment(true)]
const setOf = (catalog: Catalog) => viewSetOf(catalog.streamViews(name, EPOCH_MS))

let connections: Connections
let lakeRoot: string
let log: LogStore
let hot: HotStore
let warm: WarmStore
let workflows: Workflows
const names = { taskQueue: name, prefix: `${name}-` }
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: name } }
  lakeRoot = await mkdtemp(join(tmpdir(), 'tandem-restating-'))
  log = openLog(connections.kafka, { clientId: name, logger: silent })
  hot = await openHot(connections.redis)
  warm = await openWarm(connections.mongo)
  workflows = await openWorkflows(connections, { logger: silent, ...names })
})

afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  await workflows.ensureSchedules(first, { streams: [], sealMarginMs: MARGIN_MS })
  await Promise.all([workflows.close(), warm.close(), hot.close(), log.close()])
  await rm(lakeRoot, { recursive: true, force: true })
})

/** Starts something that runs until it is told to stop. */
function running(start: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  const stop = new AbortController()
  const ended = start(stop.signal)
  ended.catch(() => undefined)
  const end = async () => {
    stop.abort()
    await ended
  }
  stops.push(end)
  return end
}

function layers(catalog: Catalog): () => Promise<void> {
  const common = { connections, catalog, lakeRoot, clock: systemClock, logger: silent }
  const ends = [
    running((signal) => runSpeed({ ...common, threads: 0, signal })),
    running((signal) => runWorker({ ...common, signal, sealMarginMs: MARGIN_MS, ...names })),
  ]
  return async () => {
    await Promise.all(ends.map((end) => end()))
  }
}

async function serve(catalog: Catalog): Promise<string> {
  const common = { connections, catalog, lakeRoot, clock: systemClock, logger: silent, operations: NO_OPERATIONS }
  return new Promise((resolve) => {
    running((signal) => runServing({ ...common, signal, port: 0, onListening: resolve }))
  })
}

interface Seen {
  readonly status: number
  readonly body: Json
}

/** Asks every 20 ms and remembers every answer. */
function reader(url: string): Seen[] {
  const seen: Seen[] = []
  running(async (signal) => {
    while (!signal.aborted) {
      const response = await fetch(`${url}/v1/views/${viewName}?from=-1h&window=all&groupBy=`)
      seen.push({ status: response.status, body: (await response.json()) as Json })
      await delay(EVERY_MS)
    }
  })
  return seen
}

const totalOf = ({ body }: Seen): number => body.rows[0]?.total ?? 0

test('a changed definition answers all at once, and the earlier one until then: never 503, never a mixture, never less', {
  timeout: 400_000,
}, async () => {
  for (const topic of [stream.topic, stream.dlqTopic]) await log.ensureTopic({ name: topic, partitions: 2 })
  const settings = await warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: Date.now() })
  await workflows.ensureSchedules(first, { streams: [settings], sealMarginMs: MARGIN_MS })
  let end = layers(first)
  running(async (signal) => {
    for (let n = 0; !signal.aborted; n++) {
      const value = JSON.stringify({ at: new Date().toISOString(), one: 1, mark: MARK })
      await log.produce(stream.topic, [{ key: null, partition: n % 2, value }])
      await delay(EVERY_MS)
    }
  })
  const served = async () => {
    const pointer = await warm.pointer(name)
    const snapshot = pointer && (await warm.snapshot(pointer.snapshot))
    return snapshot ? viewSetOf(snapshot.views) : null
  }
  await eventually(served, (set) => set === setOf(first))

  // a server of yesterday and one of today, through both deployments
  const urls = [await serve(first), await serve(second)]
  for (const url of urls)
    await eventually(
      () => fetch(`${url}/v1/views/${viewName}?from=-1h&window=all&groupBy=`),
      ({ status }) => status === 200,
    )
  const readers = urls.map(reader)
  const answersBy = (wanted: (seen: Seen) => boolean) =>
    eventually(
      async () => readers.map((seen) => seen.at(-1)),
      (last) => last.every((seen) => seen !== undefined && wanted(seen)),
    )
  await answersBy((seen) => totalOf(seen) > 0 && totalOf(seen) < MARK)
  const [, today] = readers as [Seen[], Seen[]]
  expect(today.at(-1)?.body.provenance.restating).toMatchObject({ view: viewName, waitsFor: 'start' })
  const views = (await (await fetch(`${urls[1]}/v1/views`)).json()) as Json
  expect(views.views[0].restating).toMatchObject({ view: viewName })

  const generation = (await hot.state({ stream: name, viewSet: setOf(first) }, 0))?.generation
  for (const catalog of [second, first]) {
    await end()
    end = layers(catalog)
    await eventually(served, (set) => set === setOf(catalog), 180_000)
    await answersBy((seen) => totalOf(seen) < MARK === (catalog === first))
    const own = (readers[catalog === first ? 0 : 1] as Seen[]).at(-1)
    expect(own?.body.provenance.restating).toBeNull()
  }
  // the definition that came back went on where its hot state was
  expect((await hot.state({ stream: name, viewSet: setOf(first) }, 0))?.generation).toBe(generation)
  // seals and publishes by the definition in force, whichever it was, and both layers agreed
  const parity = await warm.parity({ stream: name, limit: 1_000 })
  expect(parity.filter(({ outcome }) => outcome === 'different')).toEqual([])

  for (const stop of stops.splice(0).reverse()) await stop()
  const records = await recordsOf()
  for (const seen of readers) {
    expect(seen.filter(({ status }) => status !== 200)).toEqual([])
    const counted = seen.map((one) => {
      const prefix = one.body.provenance.prefix[name] as Record<string, number>
      const delivered = records.filter(({ partition, offset }) => offset < (prefix[partition] ?? 0)).length
      const { degraded, hotAgeMs } = one.body.provenance
      // where Redis did not answer in time, the answer is the snapshot alone and says so: that is the machine's doing
      return { total: totalOf(one), delivered, degraded: hotAgeMs === null ? [] : degraded }
    })
    expect(counted.filter(({ total, delivered }) => total !== delivered && total !== delivered * MARK)).toEqual([])
    expect(counted.filter(({ degraded }) => degraded.length > 0)).toEqual([])
    const changes = counted.filter(({ total }, i) => total >= MARK !== (counted[i - 1]?.total ?? 0) >= MARK)
    expect(changes).toHaveLength(2)
    expect(seen.length).toBeGreaterThan(100)
  }
})

/** Everything delivered but ticks. */
async function recordsOf(): Promise<readonly { readonly partition: number; readonly offset: number }[]> {
  const found: { partition: number; offset: number }[] = []
  for (const partition of [0, 1])
    for await (const batch of log.readRange({ topic: stream.topic, partition, from: 0 }))
      for (const { offset, tick } of batch.records) if (!tick) found.push({ partition, offset })
  return found
}
