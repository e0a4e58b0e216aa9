import type { DuckDb } from './duckdb.js'
import { quoteName, quoteText } from './lake-columns.js'

/**
 * Rows of a Parquet file as JSON texts, in file order, a chunk at a time.
 *
 * @throws Error naming the file where it cannot be read as Parquet
 */
export async function* readParquetRows(duckdb: DuckDb, path: string): AsyncGenerator<readonly string[]> {
  const connection = await duckdb.connect()
  try {
    const file = `read_parquet(${quoteText(path)})`
    const described = await connection.client.runAndReadAll(`DESCRIBE SELECT * FROM ${file}`)
    const zoned = described
      .getRowObjectsJS()
      .filter((column) => column.column_type === 'TIMESTAMP WITH TIME ZONE')
      .map(({ column_name }) => quoteName(String(column_name)))
    // the connection's zone is UTC
    const replaced = zoned.map((name) => `strftime(${name}, '%Y-%m-%dT%H:%M:%S.%fZ') AS ${name}`)
    const columns = replaced.length === 0 ? '*' : `* REPLACE (${replaced.join(', ')})`
    const result = await connection.client.stream(`SELECT to_json(t)::VARCHAR FROM (SELECT ${columns} FROM ${file}) t`)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      yield chunk.getColumnValues(0).map(String)
    }
  } finally {
    connection.close()
  }
}
