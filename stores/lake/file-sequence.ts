import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ChunkBuffer } from './chunk-buffer.js'
import type { DuckDbConnection } from './duckdb.js'
import { fingerprint } from './fingerprint.js'
import { type LakeColumn, quoteName, quoteText } from './lake-columns.js'
import { RowTable } from './row-table.js'
import type { Turns } from './turns.js'

/** A temporary Parquet file with the rows of offsets [from, to). */
export interface WrittenFile {
  readonly path: string
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

export interface FileSequenceOptions {
  readonly columns: readonly LakeColumn[]
  readonly buffer: ChunkBuffer<never>
  readonly appending: DuckDbConnection
  readonly copying: DuckDbConnection
  /**
   * Shared by all parts of a lake. One file at a time keeps DuckDB's threads busy; more at once take their memory each and
   * are no faster.
   */
  readonly turns: Turns
  readonly rowsPerFile: number
  readonly bytesPerFile: number
  /** First offset of the first file. */
  readonly from: number
  /** Path of the n-th temporary file. */
  readonly pathOf: (n: number) => string
}

/**
 * Rows to Parquet files of bounded size. Two tables take turns: while one is written out off the JavaScript thread, the
 * other is filled. Where the first is not done in time the second grows past its bound, and `drain` waits.
 */
export class FileSequence {
  #current: RowTable
  #spare: Promise<void> | null = null
  #spareTable: RowTable | null = null
  #writing: Promise<void> | null = null
  #failure: unknown
  #from: number
  readonly #written: WrittenFile[] = []
  readonly #paths: string[] = []
  readonly #closed = new Set<RowTable>()
  readonly #options: FileSequenceOptions

  private constructor(first: RowTable, options: FileSequenceOptions) {
    this.#current = first
    this.#options = options
    this.#from = options.from
  }

  static async open(options: FileSequenceOptions): Promise<FileSequence> {
    return new FileSequence(await newTable(options), options)
  }

  /** The table that takes the row at `offset`: fill the buffer at its `slot`, then `advance` it. */
  tableFor(offset: number): RowTable {
    const table = this.#current
    if (table.slot !== 0 || table.rows === 0) return table
    if (this.#spare === null) this.#prepareSpare()
    if (!this.#full() || this.#writing !== null || this.#spareTable === null) return table
    this.#write(offset)
    this.#current = this.#spareTable
    this.#spareTable = null
    this.#spare = null
    return this.#current
  }

  /** Resolves once at most one file's rows (and a little more) wait in memory. @throws what stopped an earlier file */
  async drain(): Promise<void> {
    if (this.#full()) {
      await this.#writing
      await this.#spare
    }
    this.#rethrow()
  }

  /** Writes what is left and returns every file, in order. No rows: no files. */
  async finish(to: number): Promise<readonly WrittenFile[]> {
    await this.#writing
    this.#rethrow()
    if (this.#current.rows > 0) {
      this.#write(to)
      await this.#writing
      this.#rethrow()
    }
    await this.#release()
    return this.#written
  }

  /** Waits for what is running and removes the temporary files. */
  async abandon(): Promise<void> {
    await this.#writing
    await this.#release()
    await Promise.all(this.#paths.map((path) => rm(path, { force: true })))
  }

  /** DuckDB keeps a table until it is dropped, also those that took no rows. */
  async #release(): Promise<void> {
    await this.#spare
    for (const table of [this.#current, this.#spareTable]) {
      if (table === null || this.#closed.has(table)) continue
      this.#closed.add(table)
      table.discard()
      await this.#options.copying.run(`DROP TABLE IF EXISTS ${quoteName(table.name)}`)
    }
  }

  #full(): boolean {
    return this.#current.rows >= this.#options.rowsPerFile || this.#current.bytes >= this.#options.bytesPerFile
  }

  #prepareSpare(): void {
    this.#spare = newTable(this.#options).then(
      (table) => {
        this.#spareTable = table
      },
      (failure) => this.#fail(failure),
    )
  }

  #write(to: number): void {
    const table = this.#current
    const from = this.#from
    this.#from = to
    this.#closed.add(table)
    table.close()
    this.#writing = this.#copy(table, from, to)
      .catch((failure) => this.#fail(failure))
      .finally(() => {
        this.#writing = null
      })
  }

  async #copy(table: RowTable, from: number, to: number): Promise<void> {
    const { copying, pathOf, turns } = this.#options
    const path = pathOf(this.#paths.length)
    this.#paths.push(path)
    await mkdir(dirname(path), { recursive: true })
    try {
      // The name is temporary and ours to rename, so DuckDB need not do the same once more.
      await turns.run(() =>
        copying.run(
          `COPY ${quoteName(table.name)} TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
        ),
      )
    } catch (cause) {
      throw new Error(`lake file "${path}" could not be written: ${(cause as Error).message}`, { cause })
    } finally {
      await copying.run(`DROP TABLE ${quoteName(table.name)}`)
    }
    this.#written.push({ path, from, to, rows: table.rows, ...(await fingerprint(path, { sync: true })) })
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function newTable({ columns, buffer, copying, appending }: FileSequenceOptions): Promise<RowTable> {
  return RowTable.create(`part_${randomUUID()}`, columns, buffer, copying, appending)
}
