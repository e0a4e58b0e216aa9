import binding from '@duckdb/node-bindings'
import { CHUNK_ROWS, type ChunkBuffer } from './chunk-buffer.js'
import type { DuckDbConnection, RawAppender } from './duckdb.js'
import { columnList, type LakeColumn, quoteName } from './lake-columns.js'

/** A chunk with large values is flushed before it has all its rows. */
const CHUNK_BYTES = 8 * 1024 * 1024

/**
 * Rows in DuckDB's memory, filled through a chunk buffer that its owner shares between tables, one at a time:
 * `table.advance(buffer.put(table.slot, …))`.
 */
export class RowTable {
  /** Added, those still in the buffer included. */
  rows = 0
  /** Estimate of what the rows take in DuckDB's memory. */
  bytes = 0
  /** Row of the buffer that is filled next. */
  slot = 0
  #bufferedBytes = 0

  private constructor(
    readonly name: string,
    private readonly buffer: ChunkBuffer<never>,
    private readonly appender: RawAppender,
  ) {}

  /**
   * @param creating runs the CREATE; may be busy, then it is waited for
   * @param appending connection of the appender; must run nothing else while rows are added, or they wait for it
   */
  static async create(
    name: string,
    columns: readonly LakeColumn[],
    buffer: ChunkBuffer<never>,
    creating: DuckDbConnection,
    appending: DuckDbConnection,
  ): Promise<RowTable> {
    await creating.run(`CREATE TABLE ${quoteName(name)} (${columnList(columns)})`)
    return new RowTable(name, buffer, binding.appender_create(appending.raw, null, name))
  }

  advance(bytes: number): void {
    this.rows++
    this.bytes += bytes
    this.#bufferedBytes += bytes
    if (++this.slot === CHUNK_ROWS || this.#bufferedBytes >= CHUNK_BYTES) this.#flush()
  }

  /** Every row is in the table when it returns; no more can be added. */
  close(): void {
    if (this.slot > 0) this.#flush()
    binding.appender_close_sync(this.appender)
  }

  /** Gives up the rows that are not in the table yet. */
  discard(): void {
    binding.appender_clear(this.appender)
    binding.appender_close_sync(this.appender)
  }

  #flush(): void {
    const rows = this.slot
    this.slot = 0
    this.#bufferedBytes = 0
    this.buffer.flush(this.appender, rows)
  }
}
