import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testConnections, uniqueName } from '../test/support/engines.js'
import { currentSnapshot } from './publish/current-snapshot.js'
import { planStream, type StreamPlan } from './stream-plan.js'
import { falsify } from './testing/falsify.js'
import { foldIntoHot } from './testing/fold-into-hot.js'
import { mergedAnswer, recount } from './testing/merged-answer.js'
import { openRealLayers, type RealLayers } from './testing/real-layers.js'
import { clickJson, shop } from './testing/shop.js'
import type { TestingPublisher } from './testing-publisher.js'

/** The compiled one; `npm test` builds first. */
const PROCESS = fileURLToPath(new URL('../dist/batch-layer/testing-publisher.js', import.meta.url))
const EPOCH_MS = 1_000
const MARGIN_MS = 100

const connections = { ...testConnections(), mongo: { ...testConnections().mongo, database: uniqueName('publish') } }
let layers: RealLayers
let plan: StreamPlan

beforeAll(async () => {
  layers = await openRealLayers(connections, 'publish', MARGIN_MS)
  const name = uniqueName('published')
  plan = planStream(shop(name).catalog(), name, EPOCH_MS)
  await layers.log.ensureTopic({ name, partitions: 2 })
})
afterAll(() => layers.close())

const inForce = () => currentSnapshot(layers.warm, plan.stream.name)

/** A process of its own, killed behind its first write to `dieAfter`. @returns the signal that ended it, or its exit code */
async function publish(work: TestingPublisher['work'], dieAfter: string | null): Promise<string | number> {
  const given: TestingPublisher = {
    ...{ connections, stream: plan.stream.name, epochMs: EPOCH_MS, marginMs: MARGIN_MS, lakeRoot: layers.root },
    ...{ work, dieAfter },
  }
  const child = spawn(process.execPath, [PROCESS], {
    env: { ...process.env, TANDEM_TESTING_PUBLISHER: JSON.stringify(given) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return signal ?? code ?? -1
}

async function produce(): Promise<void> {
  const { name } = plan.stream
  const nowMs = Date.now()
  await layers.log.produce(name, [
    { key: null, partition: 0, value: clickJson(nowMs, 'tea', 3) },
    { key: null, partition: 0, value: clickJson(nowMs - 3 * 86_400_000, 'rice', 2.5) },
    { key: null, partition: 1, value: clickJson(nowMs, 'tea', -3) },
    { key: null, partition: 1, value: '{"at":' },
  ])
  await foldIntoHot(layers, plan)
}

async function expectExact(): Promise<void> {
  await foldIntoHot(layers, plan)
  for (const view of plan.views)
    expect(await mergedAnswer(layers, plan, view)).toEqual(await recount(layers.log, plan, view))
}

test('a publish that is killed behind any of its writes leaves the old or the new in force, and the next one goes on', {
  timeout: 240_000,
}, async () => {
  await produce()
  expect(await publish('seal', null)).toBe(0)
  const first = await inForce()
  await produce()
  // the same epochs throughout, so that each goes on with what the one before left
  for (const write of ['ledger', 'buckets', 'segments', 'segment_blocks', 'snapshots']) {
    expect([write, await publish('seal', write)]).toEqual([write, 'SIGKILL'])
    expect([write, (await inForce())?.id]).toEqual([write, first?.id])
    await expectExact()
  }
  expect(await publish('seal', 'pointers')).toBe('SIGKILL')
  const second = await inForce()
  expect(second).toMatchObject({ base: first?.id, reason: 'seal' })
  await expectExact()
  // the alias, and what is hot still, are made up for; nothing is published once more
  await produce()
  expect(await publish('seal', null)).toBe(0)
  expect(await inForce()).toMatchObject({ base: second?.id })
  await expectExact()
  for (const view of plan.views) {
    const shown = (await inForce())?.segments.filter((one) => one.view === view.name && one.cells > 0)
    if (!view.ledger) expect(new Set(await layers.search.alias(view))).toEqual(new Set(shown?.map(({ id }) => id)))
  }
})

test('and so does one that replaces what was wrong', { timeout: 240_000 }, async () => {
  const [view] = plan.views
  if (view === undefined) throw new Error('no view')
  const wrong = await falsify(layers.warm, plan.stream.name, view, Date.now())
  for (const write of ['segments', 'snapshots']) {
    expect([write, await publish('refresh', write)]).toEqual([write, 'SIGKILL'])
    expect([write, (await inForce())?.id]).toEqual([write, wrong.id])
  }
  expect(await publish('refresh', 'pointers')).toBe('SIGKILL')
  expect(await inForce()).toMatchObject({ base: wrong.id, reason: 'refresh' })
  await expectExact()
  expect(await publish('refresh', null)).toBe(0)
  expect(await inForce()).toMatchObject({ base: wrong.id })
  // nothing waits for a person who has nothing to decide
  expect(await layers.warm.heldSnapshots({ state: 'held', limit: 9 })).toEqual([])
  await expectExact()
})
