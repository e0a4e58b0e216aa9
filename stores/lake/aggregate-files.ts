import type { EncodedCell } from '../../core/cell/cell.js'
import { compareKeys } from '../../core/cell/cell-key.js'
import { cellOfSqlRow } from '../../core/compile/cell-of-sql-row.js'
import { compileLedgerSql } from '../../core/compile/compile-ledger-sql.js'
import { compileViewSql } from '../../core/compile/compile-view-sql.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { duckdb as dialect } from '../../core/expression/duckdb-dialect.js'
import type { PartFile } from '../../core/seam/manifest.js'
import type { DuckDb, DuckDbConnection } from './duckdb.js'
import { recordColumns } from './lake-columns.js'
import type { AggregateInput } from './lake-port.js'
import { hasNumbersOnly, readNumberCells } from './number-cells.js'
import { filesOf, readFiles } from './read-files.js'

/**
 * Cells of a view by the `sql` compiler over sealed files, by window and then by key.
 * @param epochStart start of a row's epoch, UTC ms, as SQL
 */
export async function aggregateFiles(
  duckdb: DuckDb,
  root: string,
  input: AggregateInput,
  epochStart = `_epoch * ${input.manifests[0]?.epochMs ?? 1}`,
): Promise<readonly EncodedCell[]> {
  const { view, stream, manifests, resolutionMs } = input
  const relation = (kind: PartFile['kind']): string | null => {
    const files = [...filesOf(manifests, kind).values()].flat()
    if (files.length === 0) return null
    const changed = kind !== 'rejected' && manifests.some(({ streamHash }) => streamHash !== stream.hash)
    return readFiles(root, files, changed ? recordColumns(stream) : undefined)
  }
  const accepted = relation('records')
  const rejected = view.ledger ? relation('rejected') : null
  const duplicates = view.ledger ? relation('duplicates') : null
  if (accepted === null && rejected === null && duplicates === null) return []
  const sql =
    view.ledger || accepted === null
      ? compileLedgerSql({ accepted, rejected, duplicates, epochMs: resolutionMs })
      : compileViewSql({ view, stream, from: accepted, resolutionMs, dialect, epochStart })
  const connection = await duckdb.connect()
  try {
    const read = hasNumbersOnly(view) ? readNumberCells : readAnyCells
    return await read(connection, view, sql)
  } finally {
    connection.close()
  }
}

/** Cells row by row, whatever their registers, by window and then by key. */
export async function readAnyCells(
  connection: DuckDbConnection,
  view: ViewDefinition,
  sql: string,
): Promise<readonly EncodedCell[]> {
  const result = await connection.client.stream(sql)
  const cells: EncodedCell[] = []
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return cells.sort((a, b) => compareKeys(a.key, b.key))
    for (const row of chunk.getRows()) cells.push(cellOfSqlRow(view, row))
  }
}
