import { mkdir, mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Row } from '../../core/define/column.js'
import { decimal, defineStream, instant, z } from '../../core/index.js'
import type { EpochManifest, ManifestPartition, PartFile } from '../../core/seam/manifest.js'
import type { LakeStore } from './lake-port.js'
import { openLake } from './lake-store.js'

const EPOCH = 480_000
const EPOCH_MS = 3_600_000

const schema = {
  word: z.string().nullable(),
  age: z.int().nullable(),
  price: decimal(2).nullable(),
  ratio: z.number().nullable(),
  member: z.boolean().nullable(),
  at: instant(),
}
const stream = defineStream({ name: 'visits', schema: z.object(schema), eventTime: 'at' })
const { columns } = stream

let root: string
let lake: LakeStore

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-lake-'))
  lake = await openLake(root, { rowsPerFile: 4096 })
})

afterEach(async () => {
  await lake.close()
  await rm(root, { recursive: true, force: true })
})

function rowOf(i: number): Row {
  return { word: `word ${i % 7}`, age: i, price: i * 100, ratio: i / 4, member: i % 2 === 0, at: 1_700_000_000_000 + i }
}

function place(attempt: string, from = 0) {
  return { stream, epoch: EPOCH, epochMs: EPOCH_MS, partition: 0, from, attempt }
}

function at(offset: number) {
  return { offset, timeMs: 1_728_000_000_000 + offset, epoch: EPOCH }
}

function partition(over: Partial<ManifestPartition> = {}): ManifestPartition {
  return {
    partition: 0,
    from: 0,
    to: 0,
    epoch: EPOCH + 1,
    open: false,
    read: 0,
    accepted: 0,
    rejected: 0,
    duplicates: 0,
    ticks: 0,
    last: null,
    lost: [],
    files: [],
    ...over,
  }
}

function manifest(over: Partial<EpochManifest> = {}): EpochManifest {
  return {
    version: 1,
    stream: stream.name,
    streamHash: stream.hash,
    epoch: EPOCH,
    epochMs: EPOCH_MS,
    sealedAtMs: 1,
    attempt: 'a1',
    cuts: [],
    partitions: [partition()],
    ...over,
  }
}

async function written(rows: number, attempt = 'a1'): Promise<readonly PartFile[]> {
  const writer = await lake.openPart(place(attempt))
  for (let i = 0; i < rows; i++) {
    writer.append(at(i), rowOf(i), null)
    if (i % 1000 === 0) await writer.drain()
  }
  return writer.finish(rows)
}

async function readBack(files: readonly PartFile[], sql: string, kind: PartFile['kind'] = 'records') {
  const scratch = await lake.openScratch()
  try {
    await scratch.loadManifest('t', [manifest({ partitions: [partition({ files })] })], stream, kind)
    return await scratch.query(sql)
  } finally {
    await scratch.close()
  }
}

test('every kind of value, and null in every column, comes back as it was', async () => {
  const rows: Row[] = [
    { word: '', age: 0, price: 0, ratio: 0, member: false, at: 0 },
    { word: null, age: null, price: null, ratio: null, member: null, at: null },
    {
      word: '생수 "큰 것", 👍\n\u0000\u2028 and more than twelve bytes',
      age: Number.MAX_SAFE_INTEGER,
      price: Number.MIN_SAFE_INTEGER,
      ratio: 5e-324,
      member: true,
      at: -1,
    },
    { word: 'exactly12byt', age: -4_294_967_296, price: 4_294_967_295, ratio: -1.5e300, member: true, at: 8.64e15 },
  ]
  const writer = await lake.openPart(place('a1'))
  rows.forEach((row, i) => {
    writer.append(at(i), row, i === 1 ? '{"extra":"값"}' : null)
  })
  const files = await writer.finish(rows.length)
  const back = await readBack(files, 'SELECT * FROM t ORDER BY _offset')
  expect(back).toEqual(
    rows.map((row, i) => ({
      _partition: 0,
      ...row,
      _offset: i,
      _ts: at(i).timeMs,
      _epoch: EPOCH,
      _extra: i === 1 ? '{"extra":"값"}' : null,
    })),
  )
})

test('a part with more rows than a file takes becomes files of adjoining ranges, in order and without loss', async () => {
  const files = await written(20_000)
  expect(files.length).toBeGreaterThan(1)
  const ranges = files.map(({ file }) => /\/0-(\d+)-(\d+)-a1\.parquet$/.exec(file)?.slice(1).map(Number) ?? [])
  expect(ranges[0]?.[0]).toBe(0)
  expect(ranges.at(-1)?.[1]).toBe(20_000)
  ranges.slice(1).forEach(([from], i) => {
    expect(from).toBe(ranges[i]?.[1])
  })
  files.forEach(({ rows }, i) => {
    const [from = 0, to = 0] = ranges[i] ?? []
    expect(rows).toBe(to - from)
  })
  const [sums] = await readBack(
    files,
    "SELECT count(*) n, count(DISTINCT _offset) d, sum(age) s, count(word) w, sum((word = 'word ' || (age % 7))::INT) same FROM t",
  )
  expect(sums).toEqual({ n: 20_000, d: 20_000, s: (20_000 * 19_999) / 2, w: 20_000, same: 20_000 })
})

test('texts that repeat, and texts that never do, are told apart', async () => {
  const writer = await lake.openPart(place('a1'))
  const n = 5000
  for (let i = 0; i < n; i++)
    writer.append(at(i), { ...rowOf(i), word: `${i % 2 ? 'a long repeated text' : `unique text number ${i}`}` }, null)
  const files = await writer.finish(n)
  const [row] = await readBack(
    files,
    `SELECT count(DISTINCT word) d, sum((word = CASE WHEN age % 2 = 1 THEN 'a long repeated text' ELSE 'unique text number ' || age END)::INT) same FROM t`,
  )
  expect(row).toEqual({ d: n / 2 + 1, same: n })
})

test('rejected records keep key and value as bytes, in files of their own', async () => {
  const writer = await lake.openPart(place('a1', 100))
  const value = Uint8Array.from([0, 255, 10, 13, 0xed, 0xa0, 0x80])
  writer.append(at(100), rowOf(1), null)
  writer.appendRejected(at(101), 'json', null, value)
  writer.appendRejected(at(102), 'missing', Buffer.from('k'), null)
  const files = await writer.finish(200)
  expect(files.map(({ file, kind, rows }) => [file.split('/').at(-1), kind, rows])).toEqual([
    ['0-100-200-a1.parquet', 'records', 1],
    ['0-100-200-a1.rejected.parquet', 'rejected', 2],
  ])
  expect(
    await readBack(files, 'SELECT _offset, _reason, hex(_key) k, hex(_value) v FROM t ORDER BY 1', 'rejected'),
  ).toEqual([
    { _offset: 101, _reason: 'json', k: null, v: '00FF0A0DEDA080' },
    { _offset: 102, _reason: 'missing', k: '6B', v: null },
  ])
})

test('large values do not pile up until the chunk has all its rows', async () => {
  const writer = await lake.openPart(place('a1'))
  const value = Buffer.alloc(5_000_000, 'x')
  for (let i = 0; i < 8; i++) writer.appendRejected(at(i), 'too-large', null, value)
  const [file] = await writer.finish(8)
  expect(file?.rows).toBe(8)
})

test('a part without rows leaves no file', async () => {
  expect(await written(0)).toEqual([])
})

test('nothing of an abandoned part stays', async () => {
  const writer = await lake.openPart(place('a1'))
  for (let i = 0; i < 10_000; i++) writer.append(at(i), rowOf(i), null)
  await writer.drain()
  await writer.abandon()
  expect(
    await readdir(root, { recursive: true }).then((all) => all.filter((name) => /parquet|tmp$/.test(name))),
  ).toEqual([])
})

test('an epoch is sealed once: the second attempt gets the first manifest', async () => {
  const first = manifest({ attempt: 'a1' })
  expect(await lake.seal(first)).toEqual(first)
  expect(await lake.seal(manifest({ attempt: 'a2', sealedAtMs: 2 }))).toEqual(first)
  const fresh = await openLake(root)
  expect(await fresh.manifest('visits', EPOCH, EPOCH_MS)).toEqual(first)
  await fresh.close()
})

test('of many attempts at the same time one wins, and all of them say so', async () => {
  const lakes = await Promise.all([1, 2, 3].map(() => openLake(root)))
  const sealed = await Promise.all(
    lakes.flatMap((one, i) => [one.seal(manifest({ attempt: `a${i}` })), one.seal(manifest({ attempt: `b${i}` }))]),
  )
  expect(new Set(sealed.map(({ attempt }) => attempt)).size).toBe(1)
  expect(await readdir(join(root, 'visits/epochs'))).toHaveLength(1)
  await Promise.all(lakes.map((one) => one.close()))
})

test('manifests are listed by epoch, and a stream without any has none', async () => {
  expect(await lake.manifests('visits')).toEqual([])
  expect(await lake.lastManifest('visits')).toBeNull()
  expect(await lake.manifest('visits', EPOCH, EPOCH_MS)).toBeNull()
  for (const epoch of [EPOCH + 2, EPOCH, EPOCH + 1]) await lake.seal(manifest({ epoch }))
  expect((await lake.manifests('visits')).map(({ epoch }) => epoch)).toEqual([EPOCH, EPOCH + 1, EPOCH + 2])
  expect((await lake.lastManifest('visits'))?.epoch).toBe(EPOCH + 2)
})

test('a manifest that is damaged is refused by name', async () => {
  await lake.seal(manifest())
  const [name = ''] = await readdir(join(root, 'visits/epochs'))
  await writeFile(join(root, 'visits/epochs', name), '{"version":1}')
  const fresh = await openLake(root)
  await expect(fresh.lastManifest('visits')).rejects.toThrow(`manifest "visits/epochs/${name}": `)
  await fresh.close()
})

test('a file that differs from its manifest, or is missing, is named', async () => {
  const files = await written(10)
  const sealed = await lake.seal(manifest({ partitions: [partition({ to: 10, files })] }))
  await lake.checkFiles(sealed)
  const path = join(root, files[0]?.file ?? '')
  await truncate(path, 20)
  await expect(lake.checkFiles(sealed)).rejects.toThrow(files[0]?.file)
  await rm(path)
  await expect(lake.checkFiles(sealed)).rejects.toThrow(files[0]?.file)
})

test('sweep removes what no manifest names, once it is old', async () => {
  const kept = await written(10, 'a1')
  const lost = await written(10, 'a2')
  await lake.seal(manifest({ partitions: [partition({ to: 10, files: kept })] }))
  const old = new Date(1_000_000)
  for (const { file } of [...kept, ...lost]) await utimes(join(root, file), old, old)
  expect(await lake.sweep('visits', old.getTime() + 1000, 1000)).toBe(0)
  expect(await lake.sweep('visits', old.getTime() + 1001, 1000)).toBe(1)
  await lake.checkFiles(manifest({ partitions: [partition({ files: kept })] }))
  await expect(lake.checkFiles(manifest({ partitions: [partition({ files: lost })] }))).rejects.toThrow(lost[0]?.file)
})

test('what does not fit in memory is spilled, and what a killed process spilled is removed', async () => {
  const dead = join(root, '.spill', `${hostname()}.999999999.00000000-0000-0000-0000-000000000000`)
  const elsewhere = join(root, '.spill', 'another-host.1.00000000-0000-0000-0000-000000000000')
  for (const folder of [dead, elsewhere]) await mkdir(folder, { recursive: true })
  const small = await openLake(root, { memoryBytes: 64 * 1024 * 1024 })
  expect(await readdir(join(root, '.spill'))).toEqual(['another-host.1.00000000-0000-0000-0000-000000000000'])
  const scratch = await small.openScratch()
  await scratch.query(`CREATE TABLE t AS SELECT i, md5(i::VARCHAR) h FROM range(1400000) r(i)`)
  expect(await scratch.query('SELECT count(*) n, count(DISTINCT h) d FROM t')).toEqual([{ n: 1_400_000, d: 1_400_000 }])
  expect(await readdir(join(root, '.spill'))).toHaveLength(2)
  await scratch.close()
  await small.close()
  expect(await readdir(join(root, '.spill'))).toHaveLength(1)
})

test('a lake that was just made spills too', async () => {
  const fresh = join(root, 'fresh')
  const small = await openLake(fresh, { memoryBytes: 64 * 1024 * 1024 })
  const scratch = await small.openScratch()
  await scratch.query(`CREATE TABLE t AS SELECT i, md5(i::VARCHAR) h FROM range(1400000) r(i)`)
  expect(await scratch.query('SELECT count(*) n FROM t')).toEqual([{ n: 1_400_000 }])
  await scratch.close()
  await small.close()
})

test('rows that came from elsewhere join those of sealed files in a scratch table', async () => {
  const files = await written(10)
  const scratch = await lake.openScratch()
  await scratch.loadManifest('t', [manifest({ partitions: [partition({ files })] })], stream)
  await scratch.loadRows(
    't',
    [...columns, { name: '_offset', type: { kind: 'integer' }, path: [] }],
    [{ ...rowOf(10), _offset: 10 }],
  )
  expect(await scratch.query('SELECT count(*) n, max(_offset) m, sum(age) s, avg(ratio) a FROM t')).toEqual([
    { n: 11, m: 10, s: 55, a: 1.25 },
  ])
  await scratch.loadRows('u', columns, [])
  for (let i = 0; i < 5; i++) await scratch.loadRows('u', columns, [rowOf(i), rowOf(i)])
  expect(await scratch.query('SELECT count(*) n, count(DISTINCT age) d FROM u')).toEqual([{ n: 10, d: 5 }])
  await scratch.loadRows('u', columns, [rowOf(5)])
  expect(await scratch.query('SELECT count(*) n FROM u')).toEqual([{ n: 11 }])
  await scratch.close()
})

test('what the first records behind a boundary may repeat is read from the epoch before it, duplicates included', async () => {
  const named = defineStream({ name: 'visits', schema: z.object(schema), eventTime: 'at', id: ['word', 'age'] })
  const writer = await lake.openPart({ ...place('a1'), stream: named })
  const row = (word: string | null, age: number): Row => ({ ...rowOf(0), word, age })
  const early = { ...at(0), epoch: EPOCH - 1 }
  writer.append(early, row('early', 1), null)
  writer.append(at(1), row('b', Number.MAX_SAFE_INTEGER), null)
  writer.appendDuplicate(at(2), row('early', 1), null)
  writer.appendDuplicate(at(3), row('b', Number.MAX_SAFE_INTEGER), null)
  writer.append(at(4), row(null, 2), null)
  const files = await writer.finish(5)
  expect(files.map(({ kind, rows, file }) => [kind, rows, file.endsWith('.duplicates.parquet')])).toEqual([
    ['records', 3, false],
    ['duplicates', 2, true],
  ])
  await lake.seal(manifest({ streamHash: named.hash, partitions: [partition({ to: 5, files })] }))
  // with all that they said, as a recount has to judge them too
  expect(
    await readBack(files, 'SELECT word, age, _offset, _epoch FROM t ORDER BY _offset LIMIT 1', 'duplicates'),
  ).toEqual([{ word: 'early', age: 1, _offset: 2, _epoch: EPOCH }])
  const below = async (offset: number, epoch: number, of = named) =>
    [...(await lake.idsBelow(of, EPOCH_MS, 0, { offset, epoch }))].sort()
  expect(await below(5, EPOCH + 1)).toEqual([`"b",${Number.MAX_SAFE_INTEGER}`, '"early",1'])
  // hot state that began before the end of the epoch has met these records itself
  expect(await below(4, EPOCH + 1)).toEqual([])
  expect(await below(5, EPOCH)).toEqual([])
  expect(await below(0, 0)).toEqual([])
  expect(await below(5, EPOCH + 1, stream)).toEqual([])
  const earlier = defineStream({
    name: 'visits',
    schema: z.object({ ...schema, shop: z.string() }),
    eventTime: 'at',
    id: 'shop',
  })
  expect(await below(5, EPOCH + 1, earlier)).toEqual([])
})

test('a stream without an id has no duplicates', async () => {
  const writer = await lake.openPart(place('a1'))
  expect(() => writer.appendDuplicate(at(0), rowOf(0), null)).toThrow('stream "visits" has no id')
  await writer.abandon()
})
