import { expect, test } from 'vitest'
import { openDuckDb } from '../../test/algebra/open-duckdb.js'
import type { Column } from '../define/column.js'
import { duckdb } from '../expression/duckdb-dialect.js'
import { createSqlContext } from '../expression/sql-context.js'
import { bucketBounds, bucketScheme, createBucketReader } from '../measure/histogram.js'
import { bucketSql } from './bucket-sql.js'

test.each([
  ['whole', { kind: 'integer' }],
  ['real', { kind: 'real' }],
] as const)(
  'SQL puts both neighbours of every bound of %s numbers where JavaScript puts them',
  async (number, type) => {
    const steps = 8
    const scheme = bucketScheme(number, steps)
    const last = (scheme.lastExponent - scheme.firstExponent + 1) * steps
    const values = new Set<number>([
      0,
      2 ** -64,
      2 ** -65,
      number === 'real' ? 2 ** 128 : Number.MAX_SAFE_INTEGER,
      number === 'real' ? 1.7e308 : 1,
    ])
    for (let bucket = 1; bucket <= last; bucket++) {
      const { low } = bucketBounds(bucket, scheme)
      const near =
        number === 'real'
          ? [low * (1 - 2 ** -53), low, low * (1 + 2 ** -52)]
          : [Math.ceil(low) - 1, Math.ceil(low), Math.ceil(low) + 1]
      for (const value of near) values.add(value).add(-value)
    }
    const numbers = [...values]
      .filter((value) => number === 'real' || Number.isSafeInteger(value))
      .map((value) => value + 0)
    const columns: Column[] = [{ name: 'x', type, path: ['x'] }]
    const db = await openDuckDb()
    try {
      await db.load(
        'bounds',
        columns,
        numbers.map((x) => ({ x })),
      )
      const context = createSqlContext(columns, duckdb)
      const bucket = bucketSql({ sql: '"x"', type, overflow: null, layer: 0 }, number, steps, context)
      const rows = await db.query(
        `SELECT CAST(${bucket.sql} AS INTEGER) FROM ${context.relation('bounds')} ORDER BY _at`,
      )
      const read = createBucketReader(scheme)
      expect(rows.map(([b]) => b)).toEqual(numbers.map(read))
    } finally {
      db.close()
    }
  },
)
