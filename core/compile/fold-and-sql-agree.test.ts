import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COLUMNS, row } from '../../test/algebra/arbitrary-rows.js'
import { STREAM, view } from '../../test/algebra/arbitrary-views.js'
import { openDuckDb, type TestDuckDb } from '../../test/algebra/open-duckdb.js'
import type { EncodedCell } from '../cell/cell.js'
import { coarsen } from '../cell/coarsen.js'
import { encodeRegisters } from '../cell/encode-registers.js'
import { mergeEncoded } from '../cell/merge-encoded.js'
import { registersAgree } from '../cell/registers-agree.js'
import type { Row } from '../define/column.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { duckdb } from '../expression/duckdb-dialect.js'
import { cellOfSqlRow } from './cell-of-sql-row.js'
import { compileFold } from './compile-fold.js'
import { compileViewSql } from './compile-view-sql.js'

let db: TestDuckDb

beforeAll(async () => {
  db = await openDuckDb()
})
afterAll(() => db.close())

const EPOCH_MS = 3_600_000

/** Folds the rows, a few to each epoch, and gives the cells of one resolution merged over the epochs. */
function folded(definition: ViewDefinition, rows: readonly Row[], resolutionMs: number): EncodedCell[] {
  const fold = compileFold(STREAM, [definition], EPOCH_MS)
  for (const [i, record] of rows.entries()) fold.add(record, Math.floor(i / 7))
  const cells = fold.takeDirty().filter((cell) => cell.resolutionMs === resolutionMs)
  return mergeEncoded(definition, [
    cells.map(({ key, registers }) => ({ key, registers: encodeRegisters(definition.registers, registers) })),
  ])
}

async function aggregated(definition: ViewDefinition, resolutionMs: number): Promise<EncodedCell[]> {
  const sql = compileViewSql({ view: definition, stream: STREAM, from: 'drawn', resolutionMs, dialect: duckdb })
  const rows = await db.query(sql)
  return mergeEncoded(definition, [rows.map((cells) => cellOfSqlRow(definition, cells))])
}

function differences(definition: ViewDefinition, a: readonly EncodedCell[], b: readonly EncodedCell[]): unknown[] {
  const right = new Map(b.map((cell) => [cell.key, cell.registers]))
  const left = new Set(a.map(({ key }) => key))
  const unequal = a.filter(({ key, registers }) => {
    const other = right.get(key)
    return other === undefined || !registersAgree(definition.registers, registers, other)
  })
  return [...unequal.map((cell) => [cell, right.get(cell.key)]), ...b.filter(({ key }) => !left.has(key))]
}

test('law: the fold and the SQL of a view give the same cells at every window, for any view and records', async () => {
  await fc.assert(
    fc.asyncProperty(view, fc.array(row, { maxLength: 60 }), async (definition, rows) => {
      await db.load('drawn', COLUMNS, rows)
      const finest = await aggregated(definition, definition.windows[0] as number)
      for (const resolutionMs of definition.windows) {
        const speed = folded(definition, rows, resolutionMs)
        expect(differences(definition, speed, coarsen(definition, finest, resolutionMs))).toEqual([])
        const batch = resolutionMs === definition.windows[0] ? finest : await aggregated(definition, resolutionMs)
        expect(differences(definition, speed, batch)).toEqual([])
      }
    }),
    { numRuns: 50 },
  )
}, 60_000)
