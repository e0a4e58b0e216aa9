import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Column, Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { EpochManifest, PartFile } from '../../core/seam/manifest.js'
import { ChunkBuffer } from './chunk-buffer.js'
import { type DuckDb, type DuckDbConnection, openDuckDb } from './duckdb.js'
import { columnList, type LakeColumn, quoteName, REJECTED_COLUMNS, recordColumns, rowColumns } from './lake-columns.js'
import type { CompiledLakeOptions } from './lake-options.js'
import type { Scratch } from './lake-port.js'
import { filesOf, readFiles } from './read-files.js'
import { RowTable } from './row-table.js'

/** Opens a DuckDB of its own, so that closing it gives everything back. */
export async function openScratch(options: CompiledLakeOptions): Promise<Scratch> {
  const spillFolder = join(options.root, '.spill', randomUUID())
  const duckdb = await openDuckDb({ ...options, spillFolder })
  return new DuckDbScratch(options.root, duckdb, await duckdb.connect(), spillFolder)
}

class DuckDbScratch implements Scratch {
  constructor(
    private readonly root: string,
    private readonly duckdb: DuckDb,
    private readonly connection: DuckDbConnection,
    private readonly spillFolder: string,
  ) {}

  async loadRows(table: string, columns: readonly Column[], rows: Iterable<Row>): Promise<void> {
    const lakeColumns = rowColumns(columns)
    await this.#ensure(table, lakeColumns)
    const buffer = new ChunkBuffer<readonly [row: Row]>(lakeColumns, ['row'])
    const stage = await RowTable.create(`stage_${randomUUID()}`, lakeColumns, buffer, this.connection, this.connection)
    for (const row of rows) stage.advance(buffer.put(stage.slot, row))
    stage.close()
    await this.connection.run(`INSERT INTO ${quoteName(table)} BY NAME SELECT * FROM ${quoteName(stage.name)}`)
    await this.connection.run(`DROP TABLE ${quoteName(stage.name)}`)
  }

  async loadManifest(
    table: string,
    manifests: readonly EpochManifest[],
    stream: StreamDefinition,
    kind: PartFile['kind'] = 'records',
  ): Promise<void> {
    const columns = kind === 'records' ? recordColumns(stream) : REJECTED_COLUMNS
    await this.#ensure(table, [{ name: '_partition', type: 'BIGINT', source: '' }, ...columns])
    const names = columns.map(({ name }) => quoteName(name)).join(', ')
    for (const [partition, files] of filesOf(manifests, kind)) {
      const from = readFiles(this.root, files, columns)
      await this.connection.run(
        `INSERT INTO ${quoteName(table)} BY NAME SELECT ${partition}::BIGINT AS _partition, ${names} FROM ${from}`,
      )
    }
  }

  async query(sql: string): Promise<readonly unknown[]> {
    const rows = await (await this.connection.client.runAndReadAll(sql)).getRowObjectsJS()
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
  }

  async close(): Promise<void> {
    this.connection.close()
    this.duckdb.close()
    await rm(this.spillFolder, { recursive: true, force: true })
  }

  async #ensure(table: string, columns: readonly LakeColumn[]): Promise<void> {
    await this.connection.run(`CREATE TABLE IF NOT EXISTS ${quoteName(table)} (${columnList(columns)})`)
    for (const { name, type } of columns) {
      await this.connection.run(`ALTER TABLE ${quoteName(table)} ADD COLUMN IF NOT EXISTS ${quoteName(name)} ${type}`)
    }
  }
}

/** Whole numbers as numbers while they are safe. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  return Array.isArray(value) ? value.map(plain) : value
}
