import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Column, Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import type { EpochManifest, PartFile } from '../../core/seam/manifest.js'
import { ChunkBuffer } from './chunk-buffer.js'
import { type DuckDb, type DuckDbConnection, openDuckDb } from './duckdb.js'
import {
  columnList,
  importColumns,
  type LakeColumn,
  quoteName,
  quoteText,
  REJECTED_COLUMNS,
  recordColumns,
  rowColumns,
} from './lake-columns.js'
import type { CompiledLakeOptions } from './lake-options.js'
import type { Scratch } from './lake-port.js'
import { filesOf, readFiles } from './read-files.js'
import { RowTable } from './row-table.js'
import { spillFolder } from './spill-folder.js'

/** Opens a DuckDB of its own, so that closing it gives everything back. */
export async function openScratch(options: CompiledLakeOptions): Promise<Scratch> {
  const spills = spillFolder(options.root)
  const duckdb = await openDuckDb({ ...options, spillFolder: spills })
  return new DuckDbScratch(options.root, duckdb, await duckdb.connect(), spills)
}

/** Rows staged before they are moved into their table. */
const STAGED_ROWS = 122_880

/** Rows on their way into a table: many calls bring few rows each. */
interface Stage {
  readonly table: string
  readonly columns: readonly LakeColumn[]
  readonly buffer: ChunkBuffer<readonly [row: Row]>
  rows: RowTable
}

class DuckDbScratch implements Scratch {
  readonly #stages = new Map<string, Stage>()

  constructor(
    private readonly root: string,
    private readonly duckdb: DuckDb,
    private readonly connection: DuckDbConnection,
    private readonly spills: string,
  ) {}

  async loadRows(table: string, columns: readonly Column[], rows: Iterable<Row>): Promise<void> {
    const name = JSON.stringify([table, columns.map((column) => [column.name, column.type.kind])])
    const stage = this.#stages.get(name) ?? (await this.#open(table, rowColumns(columns)))
    this.#stages.set(name, stage)
    for (const row of rows) stage.rows.advance(stage.buffer.put(stage.rows.slot, row))
    if (stage.rows.rows < STAGED_ROWS) return
    await this.#move(stage)
    stage.rows = await this.#stageRows(stage.columns, stage.buffer)
  }

  async loadManifest(
    table: string,
    manifests: readonly EpochManifest[],
    stream: StreamDefinition,
    kind: PartFile['kind'] = 'records',
  ): Promise<void> {
    const columns = kind === 'rejected' ? REJECTED_COLUMNS : recordColumns(stream)
    await this.#ensure(table, [{ name: '_partition', type: 'BIGINT', source: '' }, ...columns])
    const names = columns.map(({ name }) => quoteName(name)).join(', ')
    for (const [partition, files] of filesOf(manifests, kind)) {
      const from = readFiles(this.root, files, columns)
      await this.connection.run(
        `INSERT INTO ${quoteName(table)} BY NAME SELECT ${partition}::BIGINT AS _partition, ${names} FROM ${from}`,
      )
    }
  }

  async loadImports(
    table: string,
    manifests: readonly ImportManifest[],
    stream: StreamDefinition,
    kind: 'records' | 'duplicates' = 'records',
  ): Promise<void> {
    const columns = importColumns(stream)
    await this.#ensure(table, [{ name: '_import', type: 'VARCHAR', source: '' }, ...columns])
    const names = columns.map(({ name }) => quoteName(name)).join(', ')
    for (const { sha256, parts } of manifests) {
      const files = parts.filter((part) => part.kind === kind).map(({ file }) => file)
      if (files.length === 0) continue
      const from = readFiles(this.root, files, columns)
      await this.connection.run(
        `INSERT INTO ${quoteName(table)} BY NAME SELECT ${quoteText(sha256)} AS _import, ${names} FROM ${from}`,
      )
    }
  }

  async query(sql: string): Promise<readonly unknown[]> {
    for (const stage of this.#stages.values()) await this.#move(stage)
    this.#stages.clear()
    const rows = (await this.connection.client.runAndReadAll(sql)).getRowObjectsJS()
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
  }

  async close(): Promise<void> {
    this.connection.close()
    this.duckdb.close()
    await rm(this.spills, { recursive: true, force: true })
  }

  async #open(table: string, columns: readonly LakeColumn[]): Promise<Stage> {
    await this.#ensure(table, columns)
    const buffer = new ChunkBuffer<readonly [row: Row]>(columns, ['row'])
    return { table, columns, buffer, rows: await this.#stageRows(columns, buffer) }
  }

  #stageRows(columns: readonly LakeColumn[], buffer: Stage['buffer']): Promise<RowTable> {
    return RowTable.create(`stage_${randomUUID()}`, columns, buffer, this.connection, this.connection)
  }

  async #move({ table, rows }: Stage): Promise<void> {
    rows.close()
    await this.connection.run(`INSERT INTO ${quoteName(table)} BY NAME SELECT * FROM ${quoteName(rows.name)}`)
    await this.connection.run(`DROP TABLE ${quoteName(rows.name)}`)
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
