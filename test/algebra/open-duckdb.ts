import { DuckDBInstance } from '@duckdb/node-api'
import type { Column, Row } from '../../core/define/column.js'

/** DuckDB in this process, for tests of the SQL that core compiles; core itself knows no engine. */
export interface TestDuckDb {
  /** Replaces the table `name` by rows of the columns, as the lake holds them. */
  load(name: string, columns: readonly Column[], rows: readonly Row[]): Promise<void>
  /** Rows as arrays, whole numbers as bigint. */
  query(sql: string): Promise<unknown[][]>
  close(): void
}

const TYPES = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  decimal: 'BIGINT',
  real: 'DOUBLE',
  boolean: 'BOOLEAN',
  time: 'BIGINT',
} as const

export async function openDuckDb(): Promise<TestDuckDb> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  return {
    async load(name, columns, rows) {
      await connection.run(
        `CREATE OR REPLACE TABLE ${name} (_at INTEGER, ${columns.map((c) => `"${c.name}" ${TYPES[c.type.kind]}`).join(', ')})`,
      )
      const appender = await connection.createAppender(name)
      for (const [i, row] of rows.entries()) {
        appender.appendInteger(i)
        for (const column of columns) {
          const value = row[column.name]
          if (value === null || value === undefined) appender.appendNull()
          else if (typeof value === 'string') appender.appendVarchar(value)
          else if (typeof value === 'boolean') appender.appendBoolean(value)
          else if (column.type.kind === 'real') appender.appendDouble(value)
          else appender.appendBigInt(BigInt(value))
        }
        appender.endRow()
      }
      appender.closeSync()
    },
    query: async (sql) => (await connection.runAndReadAll(sql)).getRowsJS() as unknown[][],
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
