import type { EncodedCell } from '../../core/cell/cell.js'
import { cellOfSqlRow } from '../../core/compile/cell-of-sql-row.js'
import { compileLedgerSql } from '../../core/compile/compile-ledger-sql.js'
import { compileViewSql } from '../../core/compile/compile-view-sql.js'
import type { DuckDb } from './duckdb.js'
import { emptyRelation, REJECTED_COLUMNS, recordColumns } from './lake-columns.js'
import type { AggregateInput } from './lake-port.js'
import { filesOf, readFiles } from './read-files.js'

/** Cells of a view by the `sql` compiler over sealed files, sorted by key (UTF-16 order, as JavaScript compares). */
export async function aggregateFiles(
  duckdb: DuckDb,
  root: string,
  input: AggregateInput,
): Promise<readonly EncodedCell[]> {
  const { view, stream, manifests, resolutionMs } = input
  const relation = (kind: 'records' | 'rejected') => {
    const columns = kind === 'records' ? recordColumns(stream) : REJECTED_COLUMNS
    const files = [...filesOf(manifests, kind).values()].flat()
    if (files.length === 0) return emptyRelation(columns)
    const changed = kind === 'records' && manifests.some(({ streamHash }) => streamHash !== stream.hash)
    return readFiles(root, files, changed ? columns : undefined)
  }
  const rows = manifests.flatMap(({ partitions }) => partitions.flatMap(({ files }) => files))
  if (rows.length === 0) return []
  const sql = view.ledger
    ? compileLedgerSql({ accepted: relation('records'), rejected: relation('rejected'), epochMs: resolutionMs })
    : compileViewSql({ view, stream, from: relation('records'), resolutionMs, dialect: 'duckdb' })
  const connection = await duckdb.connect()
  try {
    const result = await connection.client.stream(sql)
    const cells: EncodedCell[] = []
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) break
      for (const row of chunk.getRows()) cells.push(cellOfSqlRow(view, row))
    }
    return cells.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  } finally {
    connection.close()
  }
}
