import { DuckDBConnection } from '@duckdb/node-api'
import binding from '@duckdb/node-bindings'
import { quoteText } from './lake-columns.js'

export type Binding = typeof binding
export type RawConnection = Parameters<Binding['query']>[0]
export type RawAppender = Parameters<Binding['append_data_chunk']>[0]
export type RawChunk = Parameters<Binding['append_data_chunk']>[1]
export type RawVector = Parameters<Binding['vector_get_data']>[0]

export interface DuckDbSettings {
  readonly threads: number
  readonly memoryBytes: number
  /** Where DuckDB spills what does not fit; created when needed. */
  readonly spillFolder: string
}

/** One DuckDB in this process, without a file of its own; it reads and writes Parquet. */
export interface DuckDb {
  /** A connection runs one statement at a time; statements of different connections overlap. */
  connect(): Promise<DuckDbConnection>
  close(): void
}

export interface DuckDbConnection {
  /** For data chunks, which the high-level client fills value by value and so at a third of the speed. */
  readonly raw: RawConnection
  readonly client: DuckDBConnection
  /** Runs one statement off the JavaScript thread and drops its result. */
  run(sql: string): Promise<void>
  close(): void
}

export async function openDuckDb({ threads, memoryBytes, spillFolder }: DuckDbSettings): Promise<DuckDb> {
  const config = binding.create_config()
  binding.set_config(config, 'threads', String(threads))
  binding.set_config(config, 'memory_limit', `${Math.floor(memoryBytes / 1024)}KiB`)
  binding.set_config(config, 'autoinstall_known_extensions', 'false')
  const database = await binding.open(':memory:', config)
  const connect = async (): Promise<DuckDbConnection> => {
    const raw = await binding.connect(database)
    return {
      raw,
      client: new DuckDBConnection(raw),
      run: async (sql) => void (await binding.query(raw, sql)),
      close: () => binding.disconnect_sync(raw),
    }
  }
  const first = await connect()
  try {
    await first.run(`SET GLOBAL temp_directory = ${quoteText(spillFolder)}`)
    // Times are whole numbers of UTC milliseconds everywhere; a zone of the machine must not leak into any function.
    await first.run(`SET GLOBAL TimeZone = 'UTC'`).catch((cause) => {
      throw new Error('DuckDB came without its ICU extension, which the time functions of views need', { cause })
    })
  } finally {
    first.close()
  }
  return { connect, close: () => binding.close_sync(database) }
}
