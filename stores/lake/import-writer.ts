import { rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Row } from '../../core/define/column.js'
import { IMPORT_PART_KINDS, type ImportPart, type RejectedRow } from '../../core/seam/import-manifest.js'
import { ChunkBuffer } from './chunk-buffer.js'
import type { DuckDb, DuckDbConnection } from './duckdb.js'
import { FileSequence } from './file-sequence.js'
import { syncFolder } from './fingerprint.js'
import type { ImportPlace, ImportWriter } from './import-port.js'
import { importColumns, REJECTED_ROW_COLUMNS } from './lake-columns.js'
import type { CompiledLakeOptions } from './lake-options.js'
import { importPartFile, importTemporaryFile } from './lake-paths.js'
import { setRepeatsApart } from './set-repeats-apart.js'
import type { Turns } from './turns.js'

type RecordArguments = readonly [at: number, row: Row, extras: string | null]
type RejectedArguments = readonly [at: number, rejected: RejectedRow, value: Uint8Array]

/** What rows come as; duplicates are told apart at the end. */
const KINDS = ['records', 'rejected'] as const satisfies readonly ImportPart['kind'][]

export async function openImportWriter(
  duckdb: DuckDb,
  { root, rowsPerFile, bytesPerFile }: CompiledLakeOptions,
  turns: Turns,
  place: ImportPlace,
): Promise<ImportWriter> {
  const columns = { records: importColumns(place.stream), rejected: REJECTED_ROW_COLUMNS }
  const records = new ChunkBuffer<RecordArguments>(columns.records, ['at', 'row', 'extras'])
  const rejected = new ChunkBuffer<RejectedArguments>(columns.rejected, ['at', 'rejected', 'value'])
  const appending = await duckdb.connect()
  const copying = await duckdb.connect()
  const open = (kind: (typeof KINDS)[number], buffer: ChunkBuffer<never>) =>
    FileSequence.open({
      columns: columns[kind],
      buffer,
      appending,
      copying,
      turns,
      rowsPerFile,
      bytesPerFile,
      from: 0,
      pathOf: (n) => join(root, importTemporaryFile(place, kind, n)),
    })
  try {
    const sequences = { records: await open('records', records), rejected: await open('rejected', rejected) }
    return importWriter(root, place, records, rejected, sequences, turns, [appending, copying])
  } catch (failure) {
    appending.close()
    copying.close()
    throw failure
  }
}

function importWriter(
  root: string,
  place: ImportPlace,
  records: ChunkBuffer<RecordArguments>,
  rejected: ChunkBuffer<RejectedArguments>,
  sequences: Readonly<Record<(typeof KINDS)[number], FileSequence>>,
  turns: Turns,
  [appending, copying]: readonly [DuckDbConnection, DuckDbConnection],
): ImportWriter {
  let opened = true
  const close = (): void => {
    if (!opened) return
    opened = false
    appending.close()
    copying.close()
  }
  return {
    append(at, row, extras) {
      const table = sequences.records.tableFor(at)
      table.advance(records.put(table.slot, at, row, extras))
    },
    appendRejected(at, row, value) {
      const table = sequences.rejected.tableFor(at)
      table.advance(rejected.put(table.slot, at, row, value))
    },
    async drain() {
      for (const kind of KINDS) await sequences[kind].drain()
    },
    async finish(total) {
      const parts: ImportPart[] = []
      const { id } = place.stream
      const taken = await sequences.records.finish(total)
      const { records, duplicates } =
        id === null
          ? { records: taken, duplicates: [] }
          : await turns.run(() =>
              setRepeatsApart(copying, taken, id, (kind, n) => join(root, importTemporaryFile(place, kind, n))),
            )
      const written = { records, rejected: await sequences.rejected.finish(total), duplicates }
      for (const kind of IMPORT_PART_KINDS) {
        for (const { path, from, to, rows, bytes, sha256 } of written[kind]) {
          const file = importPartFile(place, kind, from, to)
          await rename(path, join(root, file))
          parts.push({ file, kind, from, to, rows, bytes, sha256 })
        }
      }
      const first = parts[0]
      if (first !== undefined) await syncFolder(dirname(join(root, first.file)))
      close()
      return parts
    },
    async abandon() {
      for (const kind of KINDS) await sequences[kind].abandon()
      close()
    },
  }
}
