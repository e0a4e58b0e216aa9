import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cellKey, parseCellKey } from '../../core/cell/cell-key.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { createMerge } from '../../core/cell/merge-encoded.js'
import type { Row } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { finish } from '../../core/measure/finish.js'
import { dayNumber } from '../../core/time/day-number.js'
import { type ColdStore, openCold } from '../../stores/lake/index.js'
import { SERVING_DEFAULTS } from '../options.js'
import { shop } from '../testing/definitions.js'
import { openAnswers, parametersOf } from '../testing/open-answers.js'
import { cellsOf, World } from '../testing/world.js'
import type { ViewAnswer } from './answers.js'
import { TooFineError } from './too-fine-error.js'
import { parseViewQuery, type ViewQuery } from './view-query.js'

const MINUTE = 60_000

const QUERIES = [
  ['words', 'from=-15m&window=5m&groupBy=word&limit=10000'],
  ['members', 'from=-20m&window=1m&groupBy=word&limit=10000'],
  ['reach', 'from=-20m&window=all&groupBy=gender&limit=10000'],
  ['words', 'from=-10m&window=1m&limit=10000'],
  ['words', 'from=-30m&window=all&groupBy=word&order=-searches&limit=3'],
  ['words', 'from=-3h&window=15m&groupBy=gender&filter=word:is:b&filter=age:gte:20&limit=10000'],
  ['words', 'from=-2d&window=1d&groupBy=&limit=10000'],
  ['members', 'from=-4h&window=1h&limit=10000'],
  ['attention', 'from=-20m&window=2m&limit=10000&split=layer'],
  ['searches.ledger', 'from=-20m&window=1m&limit=10000'],
] as const

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      n: fc.integer({ min: 1, max: 8 }),
      p: fc.nat(1),
      late: fc.constantFrom(0, 0, 0, 1, 7, 200, 3000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('flush' as const), p: fc.nat(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(50, 150, 20_000, 61_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('seal' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cool' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tidy' as const) }) },
)

/** Copies are named after their contents, so that all courses share one folder. */
let cold: ColdStore
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-answers-'))
  cold = openCold(root, { threads: 1 })
})
afterAll(async () => {
  await cold.close()
  await rm(root, { recursive: true })
})

describe('an answer is a recount of its prefix', () => {
  test('for any course of records, flushes, seals, backfills, drops, wipes and moves to the cold tier', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 15, maxLength: 40 }),
        fc.infiniteStream(fc.nat(1_000_000)),
        async (actions, numbers) => {
          const draw = (n: number) => numbers.next().value % n
          const world = new World(shop)
          world.cold = cold
          await world.begin()
          slowDown(world, draw)
          const serving = await openAnswers(world, { ...SERVING_DEFAULTS, manyTuples: 4, segmentCacheBytes: 3_000 })
          const checks: Promise<void>[] = []
          let cooled = false
          for (const step of actions) {
            if (step.do === 'append') for (let i = 0; i < step.n; i++) append(world, step.p, step.late, draw)
            else if (step.do === 'flush')
              await Promise.all([world.flush('searches', step.p), world.flush('clicks', step.p)])
            else if (step.do === 'pass') {
              await Promise.all(checks) // a leap of the clock would be a long wait to them
              world.clock.nowMs += step.ms
            } else if (step.do === 'seal') for (const stream of world.log.keys()) await world.seal(stream)
            else if (step.do === 'replace') for (const stream of world.log.keys()) await world.replace(stream)
            else if (step.do === 'drop') for (const stream of world.log.keys()) await world.drop(stream)
            else if (step.do === 'wipe') await world.wipe()
            else if (step.do === 'cool') {
              for (const stream of world.log.keys()) await world.cool(stream, dayNumber(world.clock.nowMs))
              cooled = true
            } else for (const cells of serving.readers.cells.values()) cells.tidy(world.clock.nowMs - 30_000)
            // Asked again and again, so that answers rest on rollups and blocks that lived through the changes.
            for (const [view, text] of [
              ...QUERIES.slice(0, 3),
              QUERIES[3 + draw(QUERIES.length - 3)] as (typeof QUERIES)[number],
            ]) {
              const askedMs = world.clock.nowMs
              const checked = serving.ask(view, text).then(
                (answer) => expect(shown(answer), `${view}?${text}`).toEqual(recount(world, answer, text, askedMs)),
                (error) => {
                  // of cooled days an answer finer than an hour is refused, never given wrongly
                  if (!(error instanceof TooFineError)) throw error
                  expect(cooled && error.finestMs === 60 * MINUTE && !text.includes('window=1h')).toBe(true)
                },
              )
              checked.catch(() => {}) // reported by Promise.all below
              checks.push(checked)
            }
            // Some are still under way when the world goes on.
            if (draw(3) > 0) await Promise.all(checks)
          }
          await Promise.all(checks)
        },
      ),
      { numRuns: 25 },
    )
  }, 180_000)
})

/** Replies come after some turns of the event loop, as from engines. */
function slowDown(world: World, draw: (n: number) => number): void {
  const turns = async () => {
    for (let n = draw(4); n > 0; n--) await new Promise((resolve) => setImmediate(resolve))
  }
  const slow = (store: object, names: readonly string[]) => {
    for (const name of names) {
      const call = Reflect.get(store, name) as (...args: unknown[]) => Promise<unknown>
      Reflect.set(store, name, async (...args: unknown[]) => {
        await turns()
        return call.apply(store, args)
      })
    }
  }
  slow(world.hot, ['follow'])
  slow(world.warm, ['cells', 'pointer', 'snapshot'])
}

function append(world: World, partition: number, lateMinutes: number, draw: (n: number) => number): void {
  const at = world.clock.nowMs - lateMinutes * MINUTE - draw(MINUTE)
  const word = ['a', 'b', '생수"\\'][draw(3)] as string
  const row: Row = {
    at,
    word,
    gender: [null, 'W', 'M'][draw(3)] ?? null,
    age: 20 + draw(3),
    member: `m${draw(40)}`,
    paid: draw(1000) / 7,
  }
  world.append('searches', partition, row)
  if (draw(3) === 0) world.append('clicks', partition, { at, word, member: row.member ?? null })
}

/** Rows without what the recount does not make. */
function shown(answer: ViewAnswer): unknown[] {
  return answer.rows.map(({ layers, ...row }) => rounded(row))
}

/** The same question, answered by folding every record below the prefix again. */
function recount(world: World, answer: ViewAnswer, text: string, askedMs: number): unknown[] {
  const view = viewOf(world, answer.view)
  const query = parseViewQuery(view, parametersOf(text), askedMs)
  // moved outward to the bounds of what is held
  const windows =
    query.size.kind === 'all' ? [{ startMs: Date.parse(answer.from), endMs: Date.parse(answer.to) }] : query.windows
  const merge = createMerge(view)
  for (const { stream } of view.parts) {
    const prefix = answer.provenance.prefix[stream.name] ?? {}
    for (const { key, registers } of cellsOf(
      world.catalog,
      view,
      stream.name,
      world.recordsBelow(stream.name, prefix),
    )) {
      const { windowStartMs, dims } = parseCellKey(key)
      const window = windows.find(({ startMs, endMs }) => windowStartMs >= startMs && windowStartMs < endMs)
      if (!window || !query.filters.every(({ dimension, test }) => test(dims[dimension] ?? null))) continue
      merge.add(
        cellKey(
          window.startMs,
          query.groupBy.map((at) => dims[at] ?? null),
        ),
        registers,
      )
    }
  }
  const rows = merge.take().map(({ key, registers }) => {
    const { windowStartMs, dims } = parseCellKey(key)
    const named = query.groupBy.map((at, i) => [view.dimensions[at]?.name, dims[i]])
    return {
      window: new Date(windowStartMs).toISOString(),
      ...Object.fromEntries(named),
      ...finish(view, decodeRegisters(view.registers, registers)),
    }
  })
  return rows
    .sort((a, b) => compareRows(query, a, b))
    .slice(0, query.limit)
    .map(rounded)
}

function viewOf(world: World, name: string): ViewDefinition {
  const found = [...world.log.keys()].flatMap((stream) => world.views(stream)).find((view) => view.name === name)
  if (!found) throw new Error(`no view ${name}`)
  return found
}

/** Sums of reals agree within their stated tolerance. */
function rounded(row: Record<string, unknown>): Record<string, unknown> {
  return typeof row.paid === 'number' ? { ...row, paid: Number(row.paid.toPrecision(9)) } : row
}

function compareRows(query: ViewQuery, a: Record<string, unknown>, b: Record<string, unknown>): number {
  const fields = query.order.map(({ by, descending }) => ({
    name:
      by.kind === 'window'
        ? 'window'
        : by.kind === 'dimension'
          ? (query.view.dimensions[by.position]?.name ?? '')
          : by.name,
    descending,
  }))
  for (const { name, descending } of fields) {
    const [x, y] = [a[name], b[name]] as [string | number | null, string | number | null]
    if (x === y) continue
    if (x === null) return 1
    if (y === null) return -1
    return x < y !== descending ? -1 : 1
  }
  return 0
}
