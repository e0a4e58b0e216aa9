import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EncodedCell } from '../../core/cell/cell.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { Mapping } from '../../core/define/pipeline.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { validateSnapshot } from '../../core/seam/index.js'
import { rollback } from '../../core/seam/rollback.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { publishSegments } from '../publish/publish-segments.js'
import { compileDiffLimits, publishRecomputed, recomputeStream } from '../restate/index.js'
import { buildSegments } from '../segments/build-segments.js'
import { byProduct, cheap, clicks, EPOCH_MS, MARGIN_MS, START_MS, TwoLayers } from '../testing/two-layers.js'
import { archiveFile } from './archive-file.js'
import { importChunks } from './import-segments.js'
import { importSegments, publishImport } from './publish-import.js'

const DAY_MS = 86_400_000
/** Days before the stream begins. */
const HISTORY_MS = START_MS - 30 * DAY_MS

let layers: TwoLayers
let folder: string

beforeEach(async () => {
  layers = await TwoLayers.open()
  folder = await mkdtemp(join(tmpdir(), 'tandem-import-'))
})

afterEach(async () => {
  await layers.close()
  await rm(folder, { recursive: true })
})

const PRODUCTS = ['tea', 'rice', 'soap']

function row(i: number, fromMs = HISTORY_MS) {
  return {
    at: new Date(fromMs + i * 17_000).toISOString(),
    product: PRODUCTS[i % 3] as string,
    price: (i % 50) / 4,
    member: `m${i % 7}`,
  }
}

const rowsOf = (count: number, fromMs?: number) => Array.from({ length: count }, (_, i) => row(i, fromMs))
const ndjson = (rows: readonly unknown[]) => rows.map((each) => `${JSON.stringify(each)}\n`).join('')

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function importNow(path: string, overlap: string | null = null, mapping?: Mapping) {
  const { deps, plan } = layers
  const manifest = await archiveFile(
    deps,
    plan,
    { path, importedAtMs: layers.nowMs, ...(mapping ? { mapping } : {}) },
    {},
  )
  const work = await importSegments(deps, plan, { sha256: manifest.sha256, overlap }, {})
  return { manifest, work, ...(await publishImport(deps, plan, work)) }
}

/** Cells of records that never went through Kafka, by the other compiler. */
function folded(values: readonly unknown[], view: ViewDefinition): readonly EncodedCell[] {
  const decoder = compileDecoder(clicks)
  const fold = compileFold(clicks, [view], EPOCH_MS)
  for (const value of values) {
    const decoded = decoder.decode(Buffer.from(JSON.stringify(value)), layers.nowMs)
    if (decoded.ok) fold.add(decoded.row, 0)
  }
  return fold
    .takeDirty()
    .filter((cell) => cell.view === view.name && cell.resolutionMs === view.windows[0])
    .map(({ key, registers }) => ({ key, registers: encodeRegisters(view.registers, registers) }))
}

async function expectExact(imported: readonly unknown[]): Promise<void> {
  for (const view of layers.plan.views) {
    const streamed = await layers.recount(view)
    const expected = view.ledger ? streamed : mergeEncoded(view, [streamed, folded(imported, view)])
    expect(await layers.answer(view)).toEqual(expected)
  }
}

async function traffic(epoch: number): Promise<void> {
  layers.at(epoch, 1_000)
  layers.click(0, 'tea', 3)
  layers.click(1, 'rice', 12)
  layers.poison(0)
  await layers.speed()
}

const lakeFiles = async (stream: string) =>
  (await readdir(join(layers.root, stream), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

describe('an import is counted exactly once', () => {
  test('before anything was streamed, and beside what is streamed and sealed afterwards', async () => {
    const rows = rowsOf(500)
    const first = await importNow(await file('history.ndjson', ndjson(rows)))
    expect(first.manifest).toMatchObject({ rows: 500, accepted: 500, rejected: 0 })
    expect(first.manifest.events).toEqual({ fromMs: HISTORY_MS, toMs: HISTORY_MS + 499 * 17_000 })
    await expectExact(rows)
    await traffic(0)
    await expectExact(rows)
    layers.at(1, MARGIN_MS)
    const { parity, snapshot } = await layers.seal(0)
    expect(parity).toMatchObject({ different: 0 })
    expect(snapshot?.imports.map(({ sha256 }) => sha256)).toEqual([first.manifest.sha256])
    await expectExact(rows)
  })

  test('the same bytes twice, under whatever name, change nothing', async () => {
    const rows = rowsOf(40)
    const first = await importNow(await file('a.ndjson', ndjson(rows)))
    const files = await lakeFiles(clicks.name)
    layers.nowMs += 1_000
    const second = await importNow(await file('b.ndjson', ndjson(rows)))
    expect([first.already, second.already]).toEqual([false, true])
    expect(second.snapshot).toBe(first.snapshot)
    expect(await lakeFiles(clicks.name)).toEqual(files)
    await expectExact(rows)
  })

  test('two imports of one file at once end as one', async () => {
    const rows = rowsOf(3_000)
    const path = await file('at-once.ndjson', ndjson(rows))
    const [one, other] = await Promise.all([importNow(path), importNow(path)])
    expect(other.manifest).toEqual(one.manifest)
    expect(other.checksum).toBe(one.checksum)
    const snapshot = await currentSnapshot(layers.warm, clicks.name)
    expect(snapshot).toMatchObject({ sequence: 1, imports: [{ sha256: one.manifest.sha256, rows: 3_000 }] })
    await layers.lake.imports.check(one.manifest)
    await expectExact(rows)
  })

  test('CSV, NDJSON, both compressed, and Parquet give the same cells', async () => {
    const rows = rowsOf(200)
    const csv = `\uFEFFat,product,price,member\r\n${rows.map((r) => `${r.at},"${r.product}",${r.price},${r.member}`).join('\r\n')}\r\n`
    const mapping: Mapping = {
      name: 'clicks-csv',
      description: 'prices are text in CSV',
      map: (cells) => ({ stream: clicks.name, key: null, value: { ...cells, price: Number(cells.price) } }),
    }
    const parquet = join(folder, 'rows.parquet')
    const scratch = await layers.lake.openScratch()
    const json = await file('for-parquet.ndjson', ndjson(rows))
    await scratch.query(
      `COPY (SELECT "at"::TIMESTAMPTZ AS "at", product, price::DECIMAL(9, 2) AS price, member FROM read_json('${json}')) TO '${parquet}' (FORMAT parquet)`,
    )
    await scratch.close()
    const checksums = new Set<string>()
    for (const [path, given] of [
      [await file('r.csv', csv), mapping],
      [await file('r.csv.gz', gzipSync(csv)), mapping],
      [await file('r.ndjson', ndjson(rows)), undefined],
      [await file('r.jsonl.gz', gzipSync(ndjson(rows).trimEnd())), undefined],
      [parquet, undefined],
    ] as const) {
      const manifest = await archiveFile(
        layers.deps,
        layers.plan,
        { path, importedAtMs: layers.nowMs, ...(given ? { mapping: given } : {}) },
        {},
      )
      expect(manifest, path).toMatchObject({ rows: 200, accepted: 200 })
      const { segments } = await importSegments(
        layers.deps,
        layers.plan,
        { sha256: manifest.sha256, overlap: 'compared only' },
        {},
      )
      checksums.add(String((await layers.warm.segment(segments[0] as string))?.checksum))
    }
    expect(checksums.size).toBe(1)
  })

  test('a view that is new, or has changed, is computed over the imports too', async () => {
    const rows = rowsOf(300)
    await importNow(await file('h.ndjson', ndjson(rows)))
    await traffic(0)
    layers.at(1, MARGIN_MS)
    await layers.seal(0)
    layers.define([byProduct, cheap])
    const work = await buildSegments(layers.deps, layers.plan, {})
    expect(work.building).toEqual([cheap.name])
    const snapshot = await publishSegments(layers.deps, layers.plan, work)
    expect(snapshot?.views.every((view) => !view.building)).toBe(true)
    await layers.speed()
    await expectExact(rows)
  })

  test('a refresh leaves the imports as they are, and computes a new view over them too', async () => {
    const rows = rowsOf(300)
    await importNow(await file('h.ndjson', ndjson(rows)))
    for (const epoch of [0, 1]) {
      await traffic(epoch)
      layers.at(epoch + 1, MARGIN_MS)
      await layers.seal(epoch)
    }
    const deps = { ...layers.deps, diffLimits: compileDiffLimits(undefined) }
    const before = await currentSnapshot(layers.warm, clicks.name)
    const refreshed = await publishRecomputed(deps, layers.plan, await recomputeStream(deps, layers.plan, {}))
    expect(refreshed).toMatchObject({ status: 'published', changedWindows: 0 })
    const after = await currentSnapshot(layers.warm, clicks.name)
    expect(after?.segments.length).toBeLessThan(before?.segments.length ?? 0)
    expect(after?.imports).toEqual(before?.imports)
    await expectExact(rows)
    layers.define([byProduct, cheap])
    const work = await recomputeStream(deps, layers.plan, {}, { view: cheap.name })
    await publishRecomputed(deps, layers.plan, work, { reason: 'restate' })
    const restated = await currentSnapshot(layers.warm, clicks.name)
    expect(restated?.views).toContainEqual({ name: cheap.name, hash: cheap.hash, building: false })
    await layers.speed()
    await expectExact(rows)
  })

  test('rolling back to before an import keeps it, and no snapshot can lose it', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    const before = (await layers.seal(0)).snapshot
    const rows = rowsOf(60)
    const { manifest } = await importNow(await file('h.ndjson', ndjson(rows)))
    const current = await currentSnapshot(layers.warm, clicks.name)
    if (!before || !current) throw new Error('nothing published')
    const back = rollback(before, current, layers.nowMs)
    expect(back.imports.map(({ sha256 }) => sha256)).toEqual([manifest.sha256])
    validateSnapshot(current, back)
    await layers.warm.publish(back)
    await expectExact(rows)
    const without = back.segments.filter(({ imported }) => imported === undefined)
    const lost = { ...back, base: back.id, sequence: back.sequence + 1, segments: without }
    expect(() => validateSnapshot(back, lost)).toThrow(`lacks rows 0 to 60 (exclusive) of import ${manifest.sha256}`)
    expect(() => validateSnapshot(back, { ...lost, imports: [] })).toThrow(
      `lacks import ${manifest.sha256}, which was in force`,
    )
    const twice = back.segments.map((segment) =>
      segment.imported ? [segment, { ...segment, id: `${segment.id}x` }] : [segment],
    )
    expect(() => validateSnapshot(back, { ...lost, segments: twice.flat() })).toThrow('of which 60 to 60 are free')
  })
})

describe('an import that covers days with streamed data', () => {
  test.each([
    ['hot', false],
    ['sealed', true],
  ])('is refused by name while that data is %s, and taken with a reason', async (_, sealed) => {
    await traffic(0)
    if (sealed) {
      layers.at(1, MARGIN_MS)
      await layers.seal(0)
    }
    layers.at(2)
    const rows = rowsOf(10, START_MS - 3_600_000)
    const path = await file('same-day.ndjson', ndjson(rows))
    await expect(importNow(path)).rejects.toThrow('has data of its own on 2024-01-01')
    await expectExact([])
    const { already, snapshot } = await importNow(path, 'another shop')
    expect(already).toBe(false)
    expect((await layers.warm.snapshot(snapshot))?.imports).toMatchObject([{ overlap: 'another shop', rows: 10 }])
    await expectExact(rows)
  })

  test('days beside it, and other imports, do not count', async () => {
    await traffic(0)
    await importNow(await file('day-before.ndjson', ndjson(rowsOf(10, START_MS - DAY_MS))))
    await importNow(await file('same-day-before.ndjson', ndjson(rowsOf(11, START_MS - DAY_MS))))
    expect((await currentSnapshot(layers.warm, clicks.name))?.imports).toHaveLength(2)
  })
})

describe('every row is accounted for', () => {
  test('rejected rows are reported with line, reason, field, value and expectation, and kept', async () => {
    const good = rowsOf(3)
    const lines = [
      JSON.stringify(good[0]),
      '',
      '{"at":',
      JSON.stringify({ ...row(1), price: 'dear' }),
      JSON.stringify({ ...row(1), price: -1 }),
      JSON.stringify({ ...row(1), at: new Date(layers.nowMs + 2 * DAY_MS).toISOString() }),
      JSON.stringify(good[1]),
      JSON.stringify(good[2]),
    ]
    const { manifest } = await importNow(await file('mixed.ndjson', lines.join('\n')))
    expect(manifest).toMatchObject({ rows: 7, accepted: 3, rejected: 4 })
    expect(manifest.reasons).toEqual({ json: 1, type: 1, 'price-negative': 1, 'event-time-in-future': 1 })
    expect(manifest.examples[1]).toMatchObject({ line: 4, reason: 'type', field: 'price', value: '"dear"' })
    expect(manifest.examples.map(({ line }) => line)).toEqual([3, 4, 5, 6])
    expect(manifest.parts.filter(({ kind }) => kind === 'rejected')).toMatchObject([{ rows: 4, from: 0, to: 7 }])
    await expectExact(good)
  })

  test('all of them can be read again, with the record that was made of each', async () => {
    const { manifest } = await importNow(await file('some.ndjson', `${ndjson(rowsOf(2))}{"at":"then"}\nnonsense\n`))
    const found = []
    for await (const rejected of layers.lake.imports.rejectedRows(manifest)) found.push(rejected)
    expect(found).toMatchObject([
      { row: 2, line: 3, reason: 'time', field: 'at', value: '"then"', record: '{"at":"then"}' },
      { row: 3, line: 4, reason: 'json', record: 'nonsense' },
    ])
  })

  test('of rows with one id the first good one counts, wherever in the file the others stand', async () => {
    const named = (i: number, ref: string, more: object = {}) => ({ ...row(i), ref, ...more })
    const good = [named(0, 'a'), named(1, 'b'), row(2), row(2), named(3, 'c')]
    const repeats = [named(4, 'a'), named(5, 'a', { price: 9 }), named(6, 'c')]
    const refused = [named(7, 'c', { price: -1 }), named(8, 'd', { price: -1 })]
    // a refused row leaves its id free, and a row without an id repeats none
    const rows = [good[0], repeats[0], good[1], refused[0], good[2], good[3], good[4], ...repeats.slice(1), refused[1]]
    const path = await file('twice.ndjson', ndjson(rows))
    const first = await importNow(path)
    expect(first.manifest).toMatchObject({ rows: 10, accepted: 5, rejected: 2, duplicates: 3 })
    expect(first.manifest.parts.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['records', 5],
      ['rejected', 2],
      ['duplicates', 3],
    ])
    await layers.lake.imports.check(first.manifest)
    await expectExact(good)
    expect(await importNow(path)).toMatchObject({ already: true, checksum: first.checksum })
    // files are not compared with each other: docs/import.md
    const other = await importNow(await file('other.ndjson', ndjson([named(9, 'a')])))
    expect(other.manifest).toMatchObject({ accepted: 1, duplicates: 0 })
    expect(other.checksum).not.toBe(first.checksum)
  })

  test('a file without a single good row is in force, so that it is not read again', async () => {
    const path = await file('bad.ndjson', '{}\n{}\n')
    expect((await importNow(path)).manifest).toMatchObject({ rows: 2, accepted: 0, events: null })
    expect((await importNow(path)).already).toBe(true)
    const empty = await file('empty.ndjson', '')
    expect((await importNow(empty)).manifest.rows).toBe(0)
    expect((await importNow(empty)).already).toBe(true)
  })

  test('rows that a mapping leaves out are rejected rows', async () => {
    const mapping: Mapping = {
      name: 'some',
      description: 'leaves out soap',
      map: (cells) =>
        cells.product === 'soap'
          ? { leaveOut: 'not-sold' }
          : { stream: clicks.name, key: null, value: { ...cells, price: Number(cells.price), member: null } },
    }
    const csv = `at,product,price\n${row(0).at},tea,1\n"${row(1).at}","soap",2\n`
    const { manifest } = await importNow(await file('m.csv', csv), null, mapping)
    expect(manifest).toMatchObject({ rows: 2, accepted: 1, reasons: { 'not-sold': 1 }, mapping: 'some' })
    expect(manifest.examples[0]?.line).toBe(3)
  })
})

describe('a file that cannot be imported leaves nothing behind', () => {
  test.each([
    ['not there', 'none.csv', null, 'cannot be read by the worker'],
    ['of an unknown kind', 'rows.xlsx', 'x', 'expected .csv, .ndjson or .jsonl (each also with .gz), or .parquet'],
    ['cut off in gzip', 'rows.ndjson.gz', gzipSync(ndjson(rowsOf(5_000))).subarray(0, 2_000), 'unexpected end of file'],
    ['no Parquet', 'rows.parquet', 'at,product', 'cannot be read'],
    ['a CSV with an open quote', 'rows.csv', `at,product\n${row(0).at},"tea\n`, 'Quote Not Closed'],
  ])('%s', async (_, name, content, message) => {
    const path = content === null ? join(folder, name) : await file(name, content)
    await expect(importNow(path)).rejects.toMatchObject({
      name: 'ImportFileError',
      message: expect.stringContaining(message),
    })
    expect(await layers.warm.pointer(clicks.name)).toBeNull()
    const left = await lakeFiles(clicks.name).catch(() => [])
    expect(left.filter((each) => each.endsWith('.parquet') || each.endsWith('.json'))).toEqual([])
  })

  test('parts of a killed attempt go when the next one has finished', async () => {
    const rows = rowsOf(20)
    const path = await file('h.ndjson', ndjson(rows))
    const { sha256 } = (await importNow(path)).manifest
    await rm(join(layers.root, clicks.name, 'imports', `${sha256}.json`))
    layers.nowMs += 1
    const again = await archiveFile(layers.deps, layers.plan, { path, importedAtMs: layers.nowMs }, {})
    const parts = await readdir(join(layers.root, clicks.name, 'imports', sha256))
    expect(parts).toEqual(again.parts.map((part) => part.file.split('/').at(-1)))
    await layers.lake.imports.check(again)
  })
})

test('segments of a large import are cut where its parts are, and hold every row once', () => {
  const part = (from: number, to: number, rows: number) =>
    ({ file: `${from}`, kind: 'records', from, to, rows, bytes: 1, sha256: '0'.repeat(64) }) as const
  const parts = [part(0, 12, 10), part(12, 25, 10), part(25, 40, 10), part(40, 44, 3)]
  const manifest = { sha256: 'f', rows: 44, parts } as unknown as Parameters<typeof importChunks>[0]
  expect(importChunks(manifest, 20).map(({ from, to }) => [from, to])).toEqual([
    [0, 25],
    [25, 44],
  ])
  expect(importChunks(manifest, 1).map(({ to }) => to)).toEqual([12, 25, 40, 44])
})
