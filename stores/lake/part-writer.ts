import { rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Row } from '../../core/define/column.js'
import type { PartFile } from '../../core/seam/manifest.js'
import { ChunkBuffer } from './chunk-buffer.js'
import type { DuckDb, DuckDbConnection } from './duckdb.js'
import { FileSequence } from './file-sequence.js'
import { syncFolder } from './fingerprint.js'
import { REJECTED_COLUMNS, recordColumns } from './lake-columns.js'
import type { CompiledLakeOptions } from './lake-options.js'
import { partFile, temporaryFile } from './lake-paths.js'
import type { ArchivedAt, PartPlace, PartWriter } from './lake-port.js'
import type { Turns } from './turns.js'

type RecordArguments = readonly [at: ArchivedAt, row: Row, extras: string | null]
type RejectedArguments = readonly [at: ArchivedAt, reason: string, key: Uint8Array | null, value: Uint8Array | null]

const KINDS = ['records', 'rejected'] as const satisfies readonly PartFile['kind'][]

export async function openPartWriter(
  duckdb: DuckDb,
  options: CompiledLakeOptions,
  turns: Turns,
  place: PartPlace,
): Promise<PartWriter> {
  const columns = { records: recordColumns(place.stream), rejected: REJECTED_COLUMNS }
  const records = new ChunkBuffer<RecordArguments>(columns.records, ['at', 'row', 'extras'])
  const rejected = new ChunkBuffer<RejectedArguments>(columns.rejected, ['at', 'reason', 'key', 'value'])
  const appending = await duckdb.connect()
  const copying = await duckdb.connect()
  const { root, rowsPerFile, bytesPerFile } = options
  const open = (kind: PartFile['kind'], buffer: ChunkBuffer<never>) =>
    FileSequence.open({
      columns: columns[kind],
      buffer,
      appending,
      copying,
      turns,
      rowsPerFile,
      bytesPerFile,
      from: place.from,
      pathOf: (n) => join(root, temporaryFile(place, kind, n)),
    })
  try {
    const sequences = { records: await open('records', records), rejected: await open('rejected', rejected) }
    return new DuckDbPartWriter(root, place, records, rejected, sequences, [appending, copying])
  } catch (failure) {
    appending.close()
    copying.close()
    throw failure
  }
}

class DuckDbPartWriter implements PartWriter {
  #open = true

  constructor(
    private readonly root: string,
    private readonly place: PartPlace,
    private readonly records: ChunkBuffer<RecordArguments>,
    private readonly rejected: ChunkBuffer<RejectedArguments>,
    private readonly sequences: Readonly<Record<PartFile['kind'], FileSequence>>,
    private readonly connections: readonly DuckDbConnection[],
  ) {}

  append(at: ArchivedAt, row: Row, extras: string | null): void {
    const table = this.sequences.records.tableFor(at.offset)
    table.advance(this.records.put(table.slot, at, row, extras))
  }

  appendRejected(at: ArchivedAt, reason: string, key: Uint8Array | null, value: Uint8Array | null): void {
    const table = this.sequences.rejected.tableFor(at.offset)
    table.advance(this.rejected.put(table.slot, at, reason, key, value))
  }

  async drain(): Promise<void> {
    for (const kind of KINDS) await this.sequences[kind].drain()
  }

  async finish(to: number): Promise<readonly PartFile[]> {
    const files: PartFile[] = []
    for (const kind of KINDS) {
      for (const { path, from, to: end, rows, bytes, sha256 } of await this.sequences[kind].finish(to)) {
        const file = partFile(this.place, kind, from, end)
        await rename(path, join(this.root, file))
        files.push({ file, kind, rows, bytes, sha256 })
      }
    }
    const first = files[0]
    if (first !== undefined) await syncFolder(dirname(join(this.root, first.file)))
    this.#close()
    return files
  }

  async abandon(): Promise<void> {
    for (const kind of KINDS) await this.sequences[kind].abandon()
    this.#close()
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    for (const connection of this.connections) connection.close()
  }
}
