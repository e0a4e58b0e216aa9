import type { Prefix } from './load-stream.js'
import { EPOCH_START } from './recount-sql.js'

/** Table of a stream's imported rows; column `_import` holds the sha256 of their file. */
export function importsTable(stream: string): string {
  return `${stream}.imports`
}

/**
 * The relation with the start of each record's epoch; an imported row, which has none, has the time of its import.
 * @param importedAtMs by sha256
 */
export function withEpochStart(relation: string, epochMs: number, importedAtMs: ReadonlyMap<string, number>): string {
  const imported = [...importedAtMs].map(([sha256, atMs]) => `WHEN '${sha256.replaceAll("'", "''")}' THEN ${atMs}`)
  const start = `_epoch * ${epochMs}::BIGINT`
  const sql = imported.length === 0 ? start : `coalesce(${start}, CASE _import ${imported.join(' ')} END)`
  return `(SELECT *, ${sql} AS ${EPOCH_START} FROM ${relation})`
}

/** The relation, and beside it the accepted rows of imported files. */
export function withImports(relation: string, stream: string, imports: readonly string[]): string {
  if (imports.length === 0) return relation
  const files = imports.map((sha256) => `'${sha256.replaceAll("'", "''")}'`).join(', ')
  const table = `"${importsTable(stream).replaceAll('"', '""')}"`
  return `(SELECT * FROM ${relation} UNION ALL BY NAME SELECT * FROM ${table} WHERE _import IN (${files}))`
}

/** A relation holding only what lies below the prefix. */
export function belowPrefix(table: string, prefix: Prefix): string {
  const terms = Object.entries(prefix).map(
    ([partition, to]) => `(_partition = ${Number(partition)} AND _offset < ${to})`,
  )
  return `(SELECT * FROM "${table.replaceAll('"', '""')}" WHERE ${terms.join(' OR ') || 'false'})`
}
