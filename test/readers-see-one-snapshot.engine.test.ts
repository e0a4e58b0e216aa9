import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EncodedCell } from '../core/cell/cell.js'
import { mergeEncoded } from '../core/cell/merge-encoded.js'
import { definePipeline, defineStream, defineView, instant, sum, z } from '../core/index.js'
import { replaceSegments, rollback, type Segment, type Snapshot } from '../core/seam/index.js'
import { openAnswers } from '../serving-layer/testing/open-answers.js'
import { World } from '../serving-layer/testing/world.js'
import { type HotStore, openHot } from '../stores/hot/index.js'
import { openWarm, type WarmStore } from '../stores/warm/index.js'
import { testConnections, uniqueName } from './support/engines.js'

const MINUTE = 60_000
const EVERY_MS = 20
const ROUNDS = 6
const EPOCHS = 6

const name = uniqueName('marked')
const stream = defineStream({
  name,
  schema: z.object({ at: instant(), word: z.string(), mark: z.int() }),
  eventTime: 'at',
  partitions: 2,
})
/** Every row of one snapshot says the same mark, and no two snapshots say the same one. */
const marks = defineView(`${name}-marks`, {
  from: stream,
  by: (e) => ({ word: e.word }),
  measures: (e) => ({ mark: sum(e.mark) }),
  windows: ['1m'],
})

let hot: HotStore
let warm: WarmStore
let world: World

beforeAll(async () => {
  const connections = testConnections()
  hot = await openHot(connections.redis)
  warm = await openWarm({ ...connections.mongo, database: name })
  world = new World(definePipeline({ name: 'marked', streams: [stream], views: [marks] }), 2, { hot, warm })
  await world.begin()
})

afterAll(async () => {
  await warm.close()
  await hot.close()
})

async function sealMinute(mark: number): Promise<void> {
  for (const partition of [0, 1]) {
    // each word in one partition, so that a row is one record's mark
    for (const word of ['a', 'b', 'c'])
      world.append(name, partition, { at: world.clock.nowMs, word: `${word}${partition}`, mark })
  }
  await world.flushAll()
  world.clock.nowMs += MINUTE
  for (const partition of [0, 1]) world.append(name, partition, { at: world.clock.nowMs, word: 'end', mark })
  await world.flushAll()
  await world.seal(name)
  await world.drop(name)
}

async function inForce(): Promise<Snapshot> {
  const pointer = await warm.pointer(name)
  const snapshot = pointer && (await warm.snapshot(pointer.snapshot))
  if (!snapshot) throw new Error('nothing is in force')
  return snapshot
}

/** The marked view's segments in force with another mark in every row: as many of them, or all in one. */
async function restated(base: Snapshot, mark: number, compacted: boolean): Promise<readonly Segment[]> {
  const mine = base.segments.filter((segment) => segment.view === marks.name)
  const parts = await Promise.all(mine.map(async ({ id }) => remarked(await warm.cells(id), mark)))
  const groups = compacted
    ? [{ ranges: mine.flatMap(({ ranges }) => ranges), cells: mergeEncoded(marks, parts) }]
    : mine.map(({ ranges }, i) => ({ ranges, cells: parts[i] ?? [] }))
  const made: Segment[] = []
  for (const [i, { ranges, cells }] of groups.entries()) {
    const like = mine[i] as Segment
    const id = hash(`${like.id} ${mark}`).slice(0, 32)
    const days = [...new Set(mine.flatMap((segment) => segment.days))]
    made.push(
      await warm.putSegment({ ...like, id, ranges, cells: cells.length, days, checksum: hash(`${id} cells`) }, cells),
    )
  }
  return made
}

function remarked(cells: readonly EncodedCell[], mark: number): readonly EncodedCell[] {
  return cells.map(({ key, registers }) => ({ key, registers: registers.replace(/^[^,]*/, String(mark)) }))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

test('readers every 20 ms see one snapshot or the next, through restatements, compactions, seals and rollbacks', {
  timeout: 120_000,
}, async () => {
  const startMs = world.clock.nowMs
  for (let epoch = 0; epoch < EPOCHS; epoch++) await sealMinute(1)
  const until = new Date(Math.floor(startMs / MINUTE + EPOCHS) * MINUTE).toISOString()
  const query = `from=${new Date(startMs).toISOString()}&to=${until}&window=1m&limit=10000&filter=word:isNot:end`
  const { readers, ask } = await openAnswers(world)
  const stop = new AbortController()
  const loops = readers.run(stop.signal)
  const first = await inForce()
  const markOf = new Map<string, number>([[first.id, 1]])
  const seen = new Map<string, number>()
  const wrong: string[] = []
  let answers = 0

  const look = async (asOf = ''): Promise<void> => {
    const { rows, provenance } = await ask(marks.name, `${query}${asOf}`)
    const found = new Set(rows.map((row) => row.mark))
    const id = provenance.snapshots[name]?.id ?? ''
    answers++
    if (rows.length !== EPOCHS * 6 || found.size !== 1) wrong.push(`${id}: ${rows.length} rows of marks ${[...found]}`)
    else seen.set(id, Number([...found][0]))
  }
  const reading = (async () => {
    while (!stop.signal.aborted) {
      await Promise.all([look(), look(`&asOf=${first.id}`), delay(EVERY_MS)])
    }
  })()

  const publish = async (mark: number, next: Snapshot): Promise<void> => {
    markOf.set(next.id, mark)
    await warm.publish(next)
    const shown = async () => seen.has(next.id)
    await expect.poll(shown, { timeout: 10_000, interval: 10 }).toBe(true)
  }
  for (let round = 0; round < ROUNDS; round++) {
    const mark = 10 + round
    const base = await inForce()
    const segments = await restated(base, mark, round % 2 === 1)
    await publish(mark, replaceSegments(base, segments, world.clock.nowMs, 'restate'))
    if (round === 2) {
      await sealMinute(1)
      markOf.set((await inForce()).id, mark)
    }
    const current = await inForce()
    // a compaction that reaches beyond the first snapshot cannot be rolled back across without the lake
    if (round < 2) await publish(1, rollback(first, current, world.clock.nowMs))
  }
  stop.abort()
  await reading
  await loops
  expect(wrong).toEqual([])
  expect([...seen].filter(([id, mark]) => markOf.get(id) !== mark)).toEqual([])
  expect(seen.size).toBeGreaterThanOrEqual(ROUNDS + 2)
  expect(answers).toBeGreaterThan(ROUNDS * 2)
})
