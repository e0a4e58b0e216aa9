import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeViewSet } from '../../core/define/view-set.js'
import { count, definePipeline, defineStream, defineView, instant, sum, z } from '../../core/index.js'
import { MemoryHot } from '../../stores/hot/memory-hot.js'
import { openWarmMemory } from '../../stores/warm/index.js'
import { openAnswers } from '../testing/open-answers.js'
import { EPOCH_MS, World } from '../testing/world.js'
import type { ViewReader } from './view-reader.js'

const MARK = 1_000
const schema = z.object({ at: instant(), one: z.int(), mark: z.int() })
const searched = defineStream({ name: 'searched', schema, eventTime: 'at' })
const clicked = defineStream({ name: 'clicked', schema, eventTime: 'at' })

/** A view over both streams by one definition or the other; one more view is there in the second alone. */
const pipeline = (second: boolean) => {
  const both = defineView('both', {
    parts: [
      { from: searched, by: () => ({}), measures: (e) => ({ total: sum(second ? e.mark : e.one) }) },
      { from: clicked, by: () => ({}), measures: (e) => ({ total: sum(second ? e.mark : e.one) }) },
    ],
    windows: ['1m'],
  })
  const added = defineView('added', {
    from: clicked,
    by: () => ({}),
    measures: () => ({ n: count() }),
    windows: ['1m'],
  })
  return definePipeline({ name: 'p', streams: [searched, clicked], views: second ? [both, added] : [both] })
}

let first: World
let second: World
let stop: AbortController

beforeEach(async () => {
  let generations = 0
  const stores = {
    hot: new MemoryHot({ now: () => first.clock.nowMs, newGeneration: () => `g${++generations}` }),
    warm: openWarmMemory(),
  }
  first = new World(pipeline(false), 1, stores)
  second = new World(pipeline(true), 1, stores)
  stop = new AbortController()
  await first.begin()
  for (const stream of ['searched', 'clicked']) {
    const definitions = writeViewSet({
      stream: first.catalog.stream(stream),
      epochMs: EPOCH_MS,
      views: first.views(stream),
    })
    await first.warm.putViewSet({ ...first.keyspace(stream), definitions, deployedAtMs: 0, usedAtMs: 0 })
  }
  happen()
  await first.flushAll()
  pass()
  happen()
  await first.flushAll()
  for (const stream of ['searched', 'clicked']) await first.seal(stream)
})
afterEach(() => stop.abort())

/** One record in each stream. */
function happen(): void {
  for (const world of [first, second])
    for (const stream of ['searched', 'clicked']) world.append(stream, 0, { at: world.clock.nowMs, one: 1, mark: MARK })
}

function pass(): void {
  for (const world of [first, second]) world.clock.nowMs += EPOCH_MS
}

/** A server of today's definitions, with its loops; every answer is by one definition for both streams. */
async function open() {
  const { readers, ask } = await openAnswers(second)
  const loops = readers.run(stop.signal)
  loops.catch(() => undefined)
  const total = async () => {
    const { rows, provenance } = await ask('both', 'from=-1h&window=all')
    const counted = Object.values(provenance.prefix).reduce((sum, { 0: next = 0 }) => sum + next, 0)
    const value = Number(rows[0]?.total)
    expect([counted, counted * MARK]).toContain(value)
    expect(provenance.degraded).toEqual([])
    return { counted, by: value === counted ? 'first' : 'second', restating: provenance.restating }
  }
  const eventually = (wanted: string) =>
    expect.poll(async () => (await total().catch(() => null))?.by, { timeout: 10_000, interval: 10 }).toBe(wanted)
  return { readers, ask, total, eventually }
}

test('an earlier definition answers, says so, and a view that is new is building beside it', async () => {
  const { readers, ask, total, eventually } = await open()
  await eventually('first')
  expect(await total()).toMatchObject({
    counted: 4,
    restating: { view: 'both', waitsFor: 'start', progress: { searched: null, clicked: null }, failure: null },
  })
  await expect(ask('added', 'from=-1h&window=all')).rejects.toMatchObject({
    code: 'building',
    detail: { view: 'added', progress: { covered: 0, total: 1 } },
  })
  const added = readers.views.get('added') as ViewReader
  expect(added.streams.map((stream) => stream.building(added.view))).toEqual([{ covered: 0, total: 1 }])
  const keyspace = { from: first.keyspace('clicked').viewSet, to: second.keyspace('clicked').viewSet }
  const done = { ...keyspace, stream: 'clicked', views: ['both', 'added'], done: 1, of: 2 }
  await second.warm.putRestatement({ ...done, waitsFor: 'segments', failure: null, startedAtMs: 0, updatedAtMs: 0 })
  const progress = () => readers.restating(readers.views.get('both')?.view ?? { name: '', hash: '' })?.progress
  await expect.poll(progress, { timeout: 5_000 }).toEqual({ searched: null, clicked: { done: 1, of: 2 } })
})

test('a view over two streams changes over once both have, and then at once', async () => {
  const { readers, total, eventually, ask } = await open()
  await eventually('first')
  for (const stream of ['searched', 'clicked']) await second.open(stream, 0)
  await second.flushAll()
  await second.restate('searched')
  happen()
  await first.flushAll()
  await expect.poll(async () => (await total()).counted, { timeout: 5_000, interval: 10 }).toBe(6)
  expect((await total()).by).toBe('first')
  await second.restate('clicked')
  // its hot state lacks what was answered already
  for (let look = 0; look < 5; look++) {
    for (const { watch } of readers.streams.values()) await watch.refresh()
    await readers.changeOver()
    expect((await total()).by).toBe('first')
  }
  await second.flushAll()
  await eventually('second')
  expect(await total()).toMatchObject({ counted: 6, restating: null })
  expect((await ask('added', 'from=-1h&window=all')).rows).toMatchObject([{ n: 3 }])
})

test('a server that starts between the two makes no answer of both', async () => {
  for (const stream of ['searched', 'clicked']) await second.open(stream, 0)
  happen()
  await first.flushAll()
  await second.flushAll()
  await second.restate('searched')
  const { total, eventually } = await open()
  await expect(total()).rejects.toMatchObject({ name: 'UnavailableError' })
  await second.restate('clicked')
  await eventually('second')
})

test('a definition that comes back answers again', async () => {
  for (const stream of ['searched', 'clicked']) await second.open(stream, 0)
  happen()
  await first.flushAll()
  await second.flushAll()
  for (const stream of ['searched', 'clicked']) await second.restate(stream)
  const { eventually, total } = await open()
  await eventually('second')
  for (const stream of ['searched', 'clicked']) await first.restate(stream)
  await eventually('first')
  expect((await total()).restating).toMatchObject({ view: 'both' })
})
