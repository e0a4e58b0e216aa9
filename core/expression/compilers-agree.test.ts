import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ColumnType } from '../define/column.js'
import { expression } from '../testing/arbitrary-expressions.js'
import { COLUMNS, row } from '../testing/arbitrary-rows.js'
import { openDuckDb, type TestDuckDb } from '../testing/open-duckdb.js'
import { compileEvaluation } from './compile-expression.js'
import { duckdb } from './duckdb-dialect.js'
import { selectSql } from './select-sql.js'

let db: TestDuckDb

beforeAll(async () => {
  db = await openDuckDb()
})
afterAll(() => db.close())

const kinds: readonly ColumnType['kind'][] = ['text', 'integer', 'decimal', 'real', 'boolean', 'time']

// rows are drawn once per run of the law and loaded together: a query costs the same for one row as for many
const rows = fc.array(row, { minLength: 40, maxLength: 40 })

test.each(kinds)('law: both compilers give the same %s and the same overflow for any expression and record', async (kind) => {
  await fc.assert(
    fc.asyncProperty(fc.array(expression(kind, 3), { minLength: 8, maxLength: 8 }), rows, async (nodes, drawn) => {
      await db.load('drawn', COLUMNS, drawn)
      for (const node of nodes) {
        const sql = selectSql({ from: 'drawn', columns: COLUMNS, dialect: duckdb, expressions: { value: node }, overflowAs: 'o', keep: ['_at'] })
        const answers = await db.query(`${sql} ORDER BY _at`)
        const evaluate = compileEvaluation(node, COLUMNS)
        const expected = drawn.map((record, i) => {
          const { value, overflow } = evaluate(record)
          return [i, value, overflow]
        })
        const actual = answers.map(([at, value, overflow]) => [at, typeof value === 'bigint' ? Number(value) : value, overflow])
        try {
          expect(actual).toEqual(expected)
        } catch (error) {
          throw new Error(`${JSON.stringify(node)}\n${sql}\n${String(error)}`, { cause: error })
        }
      }
    }),
    { numRuns: 12 },
  )
}, 60_000)
