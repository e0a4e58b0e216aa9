import { compileRecordId } from '../../core/decode/record-id.js'
import type { Row, Scalar } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { EpochManifest } from '../../core/seam/manifest.js'
import type { DuckDb } from './duckdb.js'
import { quoteName, recordColumns } from './lake-columns.js'
import { filesOf, readFiles } from './read-files.js'

/**
 * Ids of a manifest's decodable records, duplicates included, whose own epoch is the manifest's: a manifest may hold
 * records of older epochs too. Each id once.
 */
export async function idsOfEpoch(
  duckdb: DuckDb,
  root: string,
  stream: StreamDefinition,
  manifest: EpochManifest,
): Promise<readonly string[]> {
  const { id } = stream
  const idOf = compileRecordId(stream)
  const files = (['records', 'duplicates'] as const).flatMap((kind) => [...filesOf([manifest], kind).values()].flat())
  if (id === null || idOf === null || files.length === 0) return []
  const from = readFiles(root, files, manifest.streamHash === stream.hash ? undefined : recordColumns(stream))
  const sql = `SELECT DISTINCT ${id.map(quoteName).join(', ')} FROM ${from} WHERE _epoch = ${manifest.epoch}`
  const connection = await duckdb.connect()
  try {
    const result = await connection.client.stream(sql)
    const ids: string[] = []
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return ids
      for (const values of chunk.getRows()) {
        const found = idOf(
          Object.fromEntries(id.map((column, i): [string, Scalar] => [column, scalar(values[i])])) as Row,
        )
        if (found !== null) ids.push(found)
      }
    }
  } finally {
    connection.close()
  }
}

/** Whole numbers are stored as BIGINT and were safe integers when they were decoded. */
function scalar(value: unknown): Scalar {
  return typeof value === 'bigint' ? Number(value) : (value as Scalar)
}
