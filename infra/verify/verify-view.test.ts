import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EncodedCell } from '../../core/cell/cell.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { count, decimal, defineStream, defineView, distinct, instant, sum, z } from '../../core/index.js'
import { type LakeStore, openLake, type Scratch } from '../../stores/lake/index.js'
import type { LoadedStream } from './load-stream.js'
import { importsTable } from './prefix-sql.js'
import { verifyView } from './verify-view.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const EPOCH = Date.UTC(2024, 2, 1) / HOUR_MS
const visits = defineStream({
  name: 'visits',
  schema: z.object({ at: instant(), page: z.string(), paid: decimal(2) }),
  eventTime: 'at',
})
const viewOf = (given: object) =>
  defineView('pages', {
    from: visits,
    by: (e) => ({ page: e.page }),
    measures: (e) => ({ visits: count(), paid: sum(e.paid), instants: distinct(e.at) }),
    windows: ['1m', '5m'],
    ...given,
  })
/** Late by minutes, hours and days. */
const rows = Array.from({ length: 200 }, (_, i) => ({
  ...{ at: EPOCH * HOUR_MS - ((i * 7_919) % 300) * 1_200_000, page: `p${i % 3}`, paid: i },
  ...{ _partition: 0, _offset: i, _epoch: EPOCH + Math.floor(i / 50) },
}))

let root: string
let lake: LakeStore
let scratch: Scratch
const loaded = new Map<string, LoadedStream>()

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-verify-'))
  lake = await openLake(root, { threads: 1 })
  scratch = await lake.openScratch()
  const place = (['_partition', '_offset', '_epoch'] as const).map((name) => ({
    ...{ name, type: { kind: 'integer' as const }, path: [] },
  }))
  await scratch.loadRows('visits', [...visits.columns, ...place], rows)
  const imported = { name: '_import', type: { kind: 'text' as const }, path: [] }
  await scratch.loadRows(
    importsTable('visits'),
    [...visits.columns, imported],
    [{ at: EPOCH * HOUR_MS, page: 'imported', paid: 1, _import: 'abc' }],
  )
  loaded.set('visits', {
    ...{ accepted: 'visits', rejected: 'visits.rejected', duplicates: null, epochMs: HOUR_MS, unbalanced: [] },
    ...{ importedAtMs: new Map([['abc', (EPOCH + 2) * HOUR_MS]]), rawFromMs: null },
  })
})
afterAll(async () => {
  await scratch.close()
  await lake.close()
  await rm(root, { recursive: true })
})

/** Cells as the speed layer makes them of the rows below an offset, and of the imported one. */
function cellsOf(view: ViewDefinition, below: number, imports: boolean): readonly EncodedCell[] {
  const fold = compileFold(visits, [view], HOUR_MS)
  for (const { _epoch, ...row } of rows.slice(0, below)) fold.add(row, _epoch)
  if (imports) fold.add({ at: EPOCH * HOUR_MS, page: 'imported', paid: 1 }, EPOCH + 2)
  const finest = fold.takeDirty().filter(({ resolutionMs }) => resolutionMs === view.windows[0])
  return mergeEncoded(view, [
    finest.map(({ key, registers }) => ({ key, registers: encodeRegisters(view.registers, registers) })),
  ])
}

const cold = [{ fromMs: EPOCH * HOUR_MS - 2 * DAY_MS, toMs: EPOCH * HOUR_MS, sizeMs: HOUR_MS }]
const check = (view: ViewDefinition, given: object) =>
  verifyView(scratch, view, { prefix: { visits: { 0: 150 } }, imports: {}, cold: [], cells: [], ...given }, loaded)

test.each<[string, object]>([
  ['a view', {}],
  ['one with retention', { retention: { '1m': '24h', '5m': '48h' } }],
  ['one that begins later', { since: new Date((EPOCH + 1) * HOUR_MS).toISOString() }],
])('%s is recounted in the windows that it was folded into, imported rows beside it', async (_, given) => {
  const view = viewOf(given)
  const cells = cellsOf(view, 150, true)
  expect(await check(view, { cells, imports: { visits: ['abc'] } })).toMatchObject({ drift: 0, cells: cells.length })
  expect((await check(view, { cells: cells.slice(1), imports: { visits: ['abc'] } })).drift).toBeGreaterThan(0)
})

test('what the cold tier holds is compared by the hour', async () => {
  const view = viewOf({})
  const start = (at: number) => (at >= (cold[0]?.fromMs ?? 0) ? Math.floor(at / HOUR_MS) * HOUR_MS : at)
  const cells = coarsen(view, cellsOf(view, 150, false), (at) => (at < EPOCH * HOUR_MS ? start(at) : at))
  expect(await check(view, { cells, cold })).toMatchObject({ drift: 0, cells: cells.length })
  expect((await check(view, { cells })).drift).toBeGreaterThan(0)
})
