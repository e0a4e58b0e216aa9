import type { Prefix } from './load-stream.js'

/** Table of a stream's imported rows; column `_import` holds the sha256 of their file. */
export function importsTable(stream: string): string {
  return `${stream}.imports`
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
