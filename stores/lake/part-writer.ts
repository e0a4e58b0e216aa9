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

/** Of the kinds, a part has those that its stream's records can end in. */
type Sequences = ReadonlyMap<PartFile['kind'], FileSequence>

export async function openPartWriter(
  duckdb: DuckDb,
  options: CompiledLakeOptions,
  turns: Turns,
  place: PartPlace,
): Promise<PartWriter> {
  const recordsOf = recordColumns(place.stream)
  const columns = { records: recordsOf, rejected: REJECTED_COLUMNS, duplicates: recordsOf }
  const records = new ChunkBuffer<RecordArguments>(columns.records, ['at', 'row', 'extras'])
  const duplicates =
    place.stream.id === null ? null : new ChunkBuffer<RecordArguments>(columns.records, ['at', 'row', 'extras'])
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
    const sequences = new Map<PartFile['kind'], FileSequence>([
      ['records', await open('records', records)],
      ['rejected', await open('rejected', rejected)],
    ])
    if (duplicates !== null) sequences.set('duplicates', await open('duplicates', duplicates))
    return new DuckDbPartWriter(root, place, { records, rejected, duplicates }, sequences, [appending, copying])
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
    private readonly buffers: {
      readonly records: ChunkBuffer<RecordArguments>
      readonly rejected: ChunkBuffer<RejectedArguments>
      /** Null where the stream has no id. */
      readonly duplicates: ChunkBuffer<RecordArguments> | null
    },
    private readonly sequences: Sequences,
    private readonly connections: readonly DuckDbConnection[],
  ) {}

  append(at: ArchivedAt, row: Row, extras: string | null): void {
    const table = this.#table('records', at)
    table.advance(this.buffers.records.put(table.slot, at, row, extras))
  }

  appendDuplicate(at: ArchivedAt, row: Row, extras: string | null): void {
    const { duplicates } = this.buffers
    if (duplicates === null) throw new Error(`stream "${this.place.stream.name}" has no id, so it has no duplicates`)
    const table = this.#table('duplicates', at)
    table.advance(duplicates.put(table.slot, at, row, extras))
  }

  appendRejected(at: ArchivedAt, reason: string, key: Uint8Array | null, value: Uint8Array | null): void {
    const table = this.#table('rejected', at)
    table.advance(this.buffers.rejected.put(table.slot, at, reason, key, value))
  }

  #table(kind: PartFile['kind'], { offset }: ArchivedAt): ReturnType<FileSequence['tableFor']> {
    return (this.sequences.get(kind) as FileSequence).tableFor(offset)
  }

  async drain(): Promise<void> {
    for (const sequence of this.sequences.values()) await sequence.drain()
  }

  async finish(to: number): Promise<readonly PartFile[]> {
    const files: PartFile[] = []
    for (const [kind, sequence] of this.sequences) {
      for (const { path, from, to: end, rows, bytes, sha256 } of await sequence.finish(to)) {
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
    for (const sequence of this.sequences.values()) await sequence.abandon()
    this.#close()
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    for (const connection of this.connections) connection.close()
  }
}
