import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COLUMNS, row } from '../../test/algebra/arbitrary-rows.js'
import { STREAM, view } from '../../test/algebra/arbitrary-views.js'
import { openDuckDb, type TestDuckDb } from '../../test/algebra/open-duckdb.js'
import { windowOfKey } from '../cell/cell-key.js'
import { coarsen } from '../cell/coarsen.js'
import { encodeRegisters } from '../cell/encode-registers.js'
import { mergeEncoded } from '../cell/merge-encoded.js'
import { registersAgree } from '../cell/registers-agree.js'
import type { Row } from '../define/column.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { foldResolution } from '../define/view-retention.js'
import { duckdb } from '../expression/duckdb-dialect.js'
import { cellOfSqlRow } from './cell-of-sql-row.js'
import { compileFold } from './compile-fold.js'
import { compileViewSql } from './compile-view-sql.js'

const HOUR_MS = 3_600_000
/** The hour in which the first rows are delivered. */
const FIRST_EPOCH = Date.UTC(2024, 2, 1) / HOUR_MS
const ROWS_PER_EPOCH = 7
const epochOf = (i: number) => FIRST_EPOCH + Math.floor(i / ROWS_PER_EPOCH)

let db: TestDuckDb

beforeAll(async () => {
  db = await openDuckDb()
})
afterAll(() => db.close())

const retained = fc
  .record({
    definition: view,
    minutes: fc.integer({ min: 60, max: 200 }),
    hours: fc.integer({ min: 4, max: 60 }),
    zone: fc.constantFrom('UTC', 'Asia/Kolkata', 'Asia/Kathmandu'),
    since: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  })
  .map(
    ({ definition, minutes, hours, zone, since }): ViewDefinition => ({
      ...definition,
      zone,
      windows: [60_000, 300_000],
      retention: [
        { sizeMs: 60_000, keepMs: minutes * 60_000 },
        { sizeMs: 300_000, keepMs: hours * HOUR_MS },
      ],
      ...(since === undefined ? {} : { sinceMs: (FIRST_EPOCH + since) * HOUR_MS - 1 }),
    }),
  )
/** Late by up to four days, so that every resolution is met. */
const late = fc.tuple(row, fc.integer({ min: 0, max: 4 * 24 * HOUR_MS }))

test('law: what comes late is folded into the same coarser windows by both compilers', async () => {
  await fc.assert(
    fc.asyncProperty(retained, fc.array(late, { minLength: 1, maxLength: 60 }), async (definition, drawn) => {
      const rows = drawn.map(([one, lateMs], i): Row => ({ ...one, at: (epochOf(i) + 1) * HOUR_MS - lateMs }))
      await db.load('late', COLUMNS, rows)
      const fold = compileFold(STREAM, [definition], HOUR_MS)
      for (const [i, one] of rows.entries()) fold.add(one, epochOf(i))
      const dirty = fold.takeDirty()
      const sql = compileViewSql({
        ...{ view: definition, stream: STREAM, from: 'late', resolutionMs: 60_000, dialect: duckdb },
        epochStart: `(${FIRST_EPOCH} + _at // ${ROWS_PER_EPOCH})::BIGINT * ${HOUR_MS}`,
      })
      const batch = mergeEncoded(definition, [(await db.query(sql)).map((one) => cellOfSqlRow(definition, one))])
      for (const resolutionMs of definition.windows) {
        const cells = dirty.filter((cell) => cell.resolutionMs === resolutionMs)
        const speed = mergeEncoded(definition, [
          cells.map(({ key, registers }) => ({ key, registers: encodeRegisters(definition.registers, registers) })),
        ])
        const sealed = coarsen(definition, batch, resolutionMs)
        expect(speed.map(({ key }) => key)).toEqual(sealed.map(({ key }) => key))
        for (const [i, { registers }] of speed.entries())
          expect(registersAgree(definition.registers, registers, sealed[i]?.registers ?? '')).toBe(true)
      }
      const starts = new Set(
        rows.map((one, i) => {
          const size = foldResolution(definition, one.at as number, epochOf(i) * HOUR_MS)
          return Math.floor((one.at as number) / size) * size
        }),
      )
      for (const { key } of batch) expect(starts).toContain(windowOfKey(key))
    }),
    { numRuns: 60 },
  )
}, 60_000)
