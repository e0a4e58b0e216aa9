import { join } from 'node:path'
import { z } from 'zod'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import type { DuckDb } from './duckdb.js'
import type { RejectedImportRow } from './import-port.js'
import { quoteText } from './lake-columns.js'

const rejectedRow = z.object({
  row: z.bigint().transform(Number),
  line: z.bigint().transform(Number),
  reason: z.string(),
  field: z.string().nullable(),
  value: z.string().nullable(),
  expected: z.string(),
  record: z.string(),
}) satisfies z.ZodType<RejectedImportRow>

/** The rejected rows of an import in the order of the file, a chunk in memory at a time. */
export async function* readRejectedRows(
  duckdb: DuckDb,
  root: string,
  { parts }: ImportManifest,
): AsyncGenerator<RejectedImportRow> {
  const connection = await duckdb.connect()
  try {
    for (const { file } of parts.filter(({ kind }) => kind === 'rejected')) {
      // what is no text is shown with its odd bytes escaped: a dead row must not stop those behind it
      const result = await connection.client.stream(
        `SELECT _offset AS row, _line AS line, _reason AS reason, _field AS field, _found AS value, _expected AS expected,
           coalesce(try(decode(_value)), _value::VARCHAR) AS record
         FROM read_parquet(${quoteText(join(root, file))})`,
      )
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      )
        for (const row of chunk.getRowObjects(result.deduplicatedColumnNames())) yield rejectedRow.parse(row)
    }
  } finally {
    connection.close()
  }
}
