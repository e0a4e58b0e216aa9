import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import type { DuckDbConnection } from './duckdb.js'
import type { WrittenFile } from './file-sequence.js'
import { fingerprint } from './fingerprint.js'
import { quoteName, quoteText } from './lake-columns.js'

export interface RepeatsApart {
  /** In order; those without a repeated row are the ones given. */
  readonly records: readonly WrittenFile[]
  readonly duplicates: readonly WrittenFile[]
}

/**
 * Moves rows whose id came earlier in the files into a file of their own. DuckDB finds them, so that the ids of many rows
 * need not fit into memory; a row in which a column of the id is null has no id.
 *
 * @param files with the column `_offset`, in its order
 * @param pathOf the n-th temporary file that is written
 */
export async function setRepeatsApart(
  connection: DuckDbConnection,
  files: readonly WrittenFile[],
  id: readonly string[],
  pathOf: (kind: 'records' | 'duplicates', n: number) => string,
): Promise<RepeatsApart> {
  if (files.length === 0) return { records: files, duplicates: [] }
  const repeats = quoteName(`repeats_${randomUUID()}`)
  await connection.run(`CREATE TABLE ${repeats} AS ${repeatsSql(files, id)}`)
  const write = async (path: string, rows: string): Promise<Pick<WrittenFile, 'path' | 'bytes' | 'sha256'>> => {
    await connection.run(
      `COPY (${rows} ORDER BY _offset) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    )
    return { path, ...(await fingerprint(path, { sync: true })) }
  }
  try {
    const records: WrittenFile[] = []
    const duplicates: WrittenFile[] = []
    for (const [n, file] of files.entries()) {
      const within = `FROM ${repeats} WHERE _offset >= ${file.from} AND _offset < ${file.to}`
      const repeated = await countOf(connection, `SELECT count(*)::INT AS n ${within}`)
      const kept = file.rows - repeated
      const rows = `SELECT * FROM read_parquet(${quoteText(file.path)}) WHERE _offset`
      if (repeated > 0) {
        const written = await write(pathOf('duplicates', n), `${rows} IN (SELECT _offset ${within})`)
        duplicates.push({ ...file, ...written, rows: repeated })
      }
      if (repeated === 0) records.push(file)
      else if (kept > 0) {
        const written = await write(pathOf('records', files.length + n), `${rows} NOT IN (SELECT _offset ${within})`)
        records.push({ ...file, ...written, rows: kept })
      }
      if (repeated > 0) await rm(file.path)
    }
    return { records, duplicates }
  } finally {
    await connection.run(`DROP TABLE ${repeats}`)
  }
}

/** Offsets of all rows but the first of each id. */
function repeatsSql(files: readonly WrittenFile[], id: readonly string[]): string {
  const from = `read_parquet([${files.map(({ path }) => quoteText(path)).join(', ')}])`
  const names = id.map(quoteName)
  const named = names.map((name) => `${name} IS NOT NULL`).join(' AND ')
  const firsts = `SELECT ${names.join(', ')}, min(_offset) AS _first FROM ${from} WHERE ${named} GROUP BY ${names.join(', ')} HAVING count(*) > 1`
  return `SELECT _offset FROM ${from} JOIN (${firsts}) USING (${names.join(', ')}) WHERE _offset > _first`
}

const Counted = z.tuple([z.object({ n: z.int() })])

async function countOf(connection: DuckDbConnection, sql: string): Promise<number> {
  const [{ n }] = Counted.parse((await connection.client.runAndReadAll(sql)).getRowObjectsJS())
  return n
}
