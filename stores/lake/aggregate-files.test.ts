import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseCellKey } from '../../core/cell/cell-key.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import { compileViewSql } from '../../core/compile/compile-view-sql.js'
import { ledgerView } from '../../core/compile/ledger-view.js'
import type { Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { duckdb as dialect } from '../../core/expression/duckdb-dialect.js'
import {
  count,
  decimal,
  defineStream,
  defineView,
  distinct,
  instant,
  max,
  mean,
  min,
  quantile,
  sum,
  z,
} from '../../core/index.js'
import type { EpochManifest, PartFile } from '../../core/seam/manifest.js'
import { readAnyCells } from './aggregate-files.js'
import { openDuckDb } from './duckdb.js'
import type { LakeStore } from './lake-port.js'
import { openLake } from './lake-store.js'
import { readNumberCells } from './number-cells.js'
import { filesOf, readFiles } from './read-files.js'

const EPOCH_MS = 60_000
const MINUTE = 60_000

const schema = {
  word: z.string().nullable(),
  age: z.int().nullable(),
  price: decimal(2).nullable(),
  ratio: z.number().nullable(),
  member: z.boolean().nullable(),
  at: instant(),
}
const visits = defineStream({ name: 'visits', schema: z.object(schema), eventTime: 'at' })

const numbers = defineView('numbers', {
  from: visits,
  by: (e) => ({ word: e.word, age: e.age, member: e.member, price: e.price }),
  measures: (e) => ({
    visits: count(),
    old: count().where(e.age.gte(10)),
    ages: sum(e.age),
    spent: sum(e.price),
    least: min(e.age),
    most: max(e.ratio),
    mean: mean(e.ratio),
  }),
  windows: ['1m', '5m'],
})

const sketches = defineView('sketches', {
  from: visits,
  by: (e) => ({ member: e.member }),
  measures: (e) => ({ words: distinct(e.word), fare: quantile(e.price, [0.5]) }),
  windows: ['1m'],
})

const total = defineView('total', {
  from: visits,
  by: () => ({}),
  measures: () => ({ visits: count() }),
  windows: ['1m'],
})

let root: string
let lake: LakeStore

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-lake-'))
  lake = await openLake(root)
})

afterEach(async () => {
  await lake.close()
  await rm(root, { recursive: true, force: true })
})

const WORDS = [
  null,
  '',
  '생수',
  'a',
  'ab',
  'a b',
  'a"b',
  'a\nb',
  '\u0001',
  '👍',
  '\uffee',
  'İΑΣ ß and longer than twelve',
]

const AGES = [1, 10, 2, -1, -10, 100]
const MEMBER = [true, false, null]

/** Rows of every kind, made from a counter: each value of one column meets each of the others. */
function rows(n: number): readonly Row[] {
  return Array.from({ length: n }, (_, i) => ({
    word: WORDS[i % WORDS.length] as string | null,
    age: i % 7 === 0 ? null : (AGES[i % AGES.length] as number),
    price: i % 5 === 0 ? null : (i % 3) * 125 - 125,
    ratio: i % 11 === 0 ? null : (i % 8) / 8,
    member: MEMBER[i % MEMBER.length] as boolean | null,
    at: (i % 4) * MINUTE - 2 * MINUTE + (i % 1000),
  }))
}

async function sealed(
  stream: StreamDefinition,
  accepted: readonly Row[],
  { epoch = 0, rejected = [] as readonly string[], epochOf = (_: number) => epoch, from = 0 } = {},
): Promise<EpochManifest> {
  const writer = await lake.openPart({ stream, epoch, epochMs: EPOCH_MS, partition: 0, from, attempt: 'a1' })
  let offset = from
  for (const row of accepted) {
    writer.append({ offset, timeMs: offset, epoch: epochOf(offset - from) }, row, null)
    offset++
  }
  for (const reason of rejected) writer.appendRejected({ offset: offset++, timeMs: 0, epoch }, reason, null, null)
  return manifestOf(stream, epoch, from, offset, await writer.finish(offset))
}

function manifestOf(
  stream: StreamDefinition,
  epoch: number,
  from: number,
  to: number,
  files: readonly PartFile[],
): EpochManifest {
  const counts = { read: to - from, accepted: to - from, rejected: 0, duplicates: 0, ticks: 0 }
  const partition = { partition: 0, from, to, epoch: epoch + 1, open: false, ...counts, last: null, lost: [], files }
  return {
    version: 1,
    stream: stream.name,
    streamHash: stream.hash,
    epoch,
    epochMs: EPOCH_MS,
    sealedAtMs: 0,
    attempt: 'a1',
    cuts: [],
    partitions: [partition],
  }
}

/** What the speed layer's fold makes of the same rows. */
function folded(view: ViewDefinition, given: readonly Row[], resolutionMs: number): ReadonlyMap<string, string> {
  const fold = compileFold(visits, [view, ledgerView(visits, EPOCH_MS)], EPOCH_MS)
  for (const row of given) fold.add(row, 0)
  const cells = fold.takeDirty().filter((cell) => cell.view === view.name && cell.resolutionMs === resolutionMs)
  return new Map(cells.map(({ key, registers }) => [key, encodeRegisters(view.registers, registers)]))
}

function asMap(cells: readonly { key: string; registers: string }[]): ReadonlyMap<string, string> {
  return new Map(cells.map(({ key, registers }) => [key, registers]))
}

for (const view of [numbers, sketches, total]) {
  test(`view "${view.name}": the files' cells are those of the fold, at every window`, async () => {
    const given = rows(3000)
    const manifest = await sealed(visits, given)
    for (const resolutionMs of view.windows) {
      const cells = await lake.aggregate({ view, stream: visits, manifests: [manifest], resolutionMs })
      expect(asMap(cells)).toEqual(folded(view, given, resolutionMs))
      expect(cells).toHaveLength(asMap(cells).size)
    }
    const fine = await lake.aggregate({ view, stream: visits, manifests: [manifest], resolutionMs: MINUTE })
    const hour = await lake.aggregate({ view, stream: visits, manifests: [manifest], resolutionMs: 60 * MINUTE })
    expect(hour).toEqual(coarsen(view, fine, 60 * MINUTE))
  })
}

test('both ways of reading cells give the same list, by window and then by key', async () => {
  const manifest = await sealed(visits, rows(3000))
  const from = readFiles(root, [...filesOf([manifest], 'records').values()].flat())
  const sql = compileViewSql({ view: numbers, stream: visits, from, resolutionMs: MINUTE, dialect })
  const duckdb = await openDuckDb({ threads: 2, memoryBytes: 2 ** 28, spillFolder: join(root, 'spill') })
  const connection = await duckdb.connect()
  const cells = await readNumberCells(connection, numbers, sql)
  expect(cells).toEqual(await readAnyCells(connection, numbers, sql))
  const windows = cells.map(({ key }) => parseCellKey(key).windowStartMs)
  expect(windows).toEqual([...windows].sort((a, b) => a - b))
  expect(windows[0]).toBe(-2 * MINUTE)
  expect(await (await connection.client.runAndReadAll('SHOW TABLES')).getRows()).toEqual([])
  connection.close()
  duckdb.close()
})

test('sums beyond 2^53 keep every digit', async () => {
  const large = Number.MAX_SAFE_INTEGER
  const given = [large, large, large, -1].map((age) => ({
    word: 'a',
    age,
    price: null,
    ratio: null,
    member: null,
    at: 0,
  }))
  const view = defineView('large', {
    from: visits,
    by: () => ({}),
    measures: (e) => ({ ages: sum(e.age) }),
    windows: ['1m'],
  })
  const cells = await lake.aggregate({
    view,
    stream: visits,
    manifests: [await sealed(visits, given)],
    resolutionMs: MINUTE,
  })
  expect(decodeRegisters(view.registers, cells[0]?.registers ?? '')[0]).toBe(3n * BigInt(large) - 1n)
  expect(asMap(cells)).toEqual(folded(view, given, MINUTE))
})

test('the ledger counts accepted and rejected rows by the epoch of each', async () => {
  const view = ledgerView(visits, EPOCH_MS)
  // A partition that stayed open: its records belong to the epochs before the folder's.
  const first = await sealed(visits, rows(10), {
    epoch: 5,
    rejected: ['json', 'json', 'type'],
    epochOf: (i) => (i < 4 ? 3 : 5),
  })
  const second = await sealed(visits, [], { epoch: 6, from: 13, rejected: ['type'] })
  const cells = await lake.aggregate({ view, stream: visits, manifests: [first, second], resolutionMs: EPOCH_MS })
  expect(cells.map(({ key, registers }) => [key, registers])).toEqual([
    [`[${3 * EPOCH_MS},"accepted",null]`, '4,0'],
    [`[${5 * EPOCH_MS},"accepted",null]`, '6,0'],
    [`[${5 * EPOCH_MS},"rejected","json"]`, '2,0'],
    [`[${5 * EPOCH_MS},"rejected","type"]`, '1,0'],
    [`[${6 * EPOCH_MS},"rejected","type"]`, '1,0'],
  ])
  expect(await lake.aggregate({ view: total, stream: visits, manifests: [second], resolutionMs: MINUTE })).toEqual([])
})

test('an epoch without rows has no cells', async () => {
  const manifest = await sealed(visits, [])
  for (const view of [numbers, ledgerView(visits, EPOCH_MS)]) {
    expect(await lake.aggregate({ view, stream: visits, manifests: [manifest], resolutionMs: MINUTE })).toEqual([])
  }
  expect(await lake.aggregate({ view: numbers, stream: visits, manifests: [], resolutionMs: MINUTE })).toEqual([])
})

test('a column that was declared later is null in older files', async () => {
  const older = defineStream({ name: 'visits', schema: z.object({ at: instant() }), eventTime: 'at' })
  const manifests = [await sealed(older, [{ at: 0 }, { at: 1 }])]
  const view = defineView('words', {
    from: visits,
    by: (e) => ({ word: e.word }),
    measures: (e) => ({ ages: sum(e.age), n: count() }),
    windows: ['1m'],
  })
  const old = await lake.aggregate({ view, stream: visits, manifests, resolutionMs: MINUTE })
  expect(asMap(old)).toEqual(new Map([['[0,null]', '0,2,0']]))
  manifests.push(
    await sealed(visits, [{ word: 'a', age: 1, price: null, ratio: null, member: null, at: 2 }], { epoch: 1, from: 2 }),
  )
  const both = await lake.aggregate({ view, stream: visits, manifests, resolutionMs: MINUTE })
  expect(asMap(both)).toEqual(
    new Map([
      ['[0,"a"]', '1,1,0'],
      ['[0,null]', '0,2,0'],
    ]),
  )
})

test('several aggregations at once do not meet', async () => {
  const manifests = [await sealed(visits, rows(3000))]
  const input = { view: numbers, stream: visits, manifests, resolutionMs: MINUTE }
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => lake.aggregate(input)))
  for (const other of others) expect(other).toEqual(first)
})
