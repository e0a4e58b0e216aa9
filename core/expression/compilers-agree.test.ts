import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expression } from '../../test/algebra/arbitrary-expressions.js'
import { COLUMNS, row } from '../../test/algebra/arbitrary-rows.js'
import { openDuckDb, type TestDuckDb } from '../../test/algebra/open-duckdb.js'
import type { ColumnType } from '../define/column.js'
import { compileEvaluation } from './compile-expression.js'
import { duckdb } from './duckdb-dialect.js'
import { selectSql } from './select-sql.js'

let db: TestDuckDb

beforeAll(async () => {
  db = await openDuckDb()
})
afterAll(() => db.close())

const kinds: readonly ColumnType['kind'][] = ['text', 'integer', 'decimal', 'real', 'boolean', 'time']

// many rows and several expressions per query: what a query costs lies in being asked
const rows = fc.array(row, { minLength: 40, maxLength: 40 })

test.each(kinds)(
  'law: both compilers give the same %s and the same overflow for any expression and record',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(expression(kind, 3), { minLength: 6, maxLength: 6 }), rows, async (nodes, drawn) => {
        await db.load('drawn', COLUMNS, drawn)
        const selects = nodes.map((node, i) => {
          const sql = selectSql({
            from: 'drawn',
            columns: COLUMNS,
            dialect: duckdb,
            expressions: { value: node },
            overflowAs: 'o',
            keep: ['_at'],
          })
          return `SELECT ${i} AS node, * FROM (${sql})`
        })
        const answers = await db.query(`${selects.join(' UNION ALL ')} ORDER BY node, _at`)
        const actual = answers.map(([node, at, value, overflow]) => [
          node,
          at,
          typeof value === 'bigint' ? Number(value) : value,
          overflow,
        ])
        const expected = nodes.flatMap((node, i) => {
          const evaluate = compileEvaluation(node, COLUMNS)
          return drawn.map((record, at) => {
            const { value, overflow } = evaluate(record)
            return [i, at, value, overflow]
          })
        })
        const differs = expected.findIndex((line, i) => line.some((value, j) => !Object.is(value, actual[i]?.[j])))
        if (differs < 0) return
        const at = expected[differs]?.[0] as number
        expect(actual[differs], `${JSON.stringify(nodes[at])}\n${selects[at]}`).toEqual(expected[differs])
      }),
      { numRuns: 10 },
    )
  },
  60_000,
)
