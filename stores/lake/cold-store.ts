import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { EncodedCell } from '../../core/cell/cell.js'
import { compareKeys, windowOfKey } from '../../core/cell/cell-key.js'
import type { ColdCopy } from '../../core/seam/cold-copy.js'
import type { Segment } from '../../core/seam/segment.js'
import { dayNumber } from '../../core/time/day-number.js'
import { ColdFileError } from './cold-file-error.js'
import type { ColdCells, ColdStore } from './cold-port.js'
import type { DuckDb, DuckDbConnection } from './duckdb.js'
import { fingerprint, syncFolder } from './fingerprint.js'
import { quoteName, quoteText } from './lake-columns.js'
import { coldFile, coldFolder } from './lake-paths.js'

/** Cells handed to DuckDB in one statement, as lines of text. */
const CELLS_AT_ONCE = 20_000
/** Rows of a row group: what reading one day has to look at, at least. */
const ROWS_PER_GROUP = 20_480
/** Names of files remembered to be as they were written. */
const MAX_CHECKED = 100_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** Lines of four texts become the columns of as many rows. */
const INSERT = `INSERT INTO ? SELECT $1, CAST("day" AS INTEGER), epoch_ms(CAST(start AS BIGINT)), key, registers FROM (
  SELECT unnest(string_split($2, chr(10))) AS "day", unnest(string_split($3, chr(10))) AS start,
    unnest(string_split($4, chr(10))) AS key, unnest(string_split($5, chr(10))) AS registers)`

const row = z.tuple([z.string(), z.string()])

/** @param open gives the database; asked for with the first call that needs it */
export function coldStore(root: string, open: () => Promise<DuckDb>, close: () => Promise<void>): ColdStore {
  return new ParquetColdStore(root, open, close)
}

class ParquetColdStore implements ColdStore {
  /** sha256 of files that were compared with it: they are never written again. */
  readonly #checked = new Set<string>()

  constructor(
    private readonly root: string,
    private readonly open: () => Promise<DuckDb>,
    readonly close: () => Promise<void>,
  ) {}

  async write(segment: Segment, cells: ColdCells): Promise<ColdCopy> {
    const file = coldFile(segment)
    const path = join(this.root, file)
    const folder = dirname(path)
    await mkdir(folder, { recursive: true })
    const draft = join(folder, `.${randomUUID()}.tmp`)
    try {
      await this.#connected((connection) => copyTo(connection, draft, segment, cells))
      await fingerprint(draft, { sync: true })
      // unlike a rename, a link fails where the name is taken: the first attempt wins
      await link(draft, path).catch((failure: NodeJS.ErrnoException) => {
        if (failure.code !== 'EEXIST') throw failure
      })
      await syncFolder(folder)
    } finally {
      await rm(draft, { force: true })
    }
    const { bytes, sha256 } = await fingerprint(path)
    return { file, bytes, sha256, resolutionMs: cells.resolutionMs, cells: cells.cells.length }
  }

  async read(copy: ColdCopy, day: number): Promise<readonly EncodedCell[]> {
    if (!this.#checked.has(copy.sha256)) await this.check(copy)
    const sql = `SELECT key, registers FROM read_parquet(${quoteText(join(this.root, copy.file))}) WHERE "window" = $1 AND "day" = $2`
    const rows = await this.#connected(async ({ client }) => {
      const found = await client.runAndReadAll(sql, [windowName(copy.resolutionMs), day])
      return found.getRows()
    })
    return rows
      .map((one) => {
        const [key, registers] = row.parse(one)
        return { key, registers }
      })
      .sort((a, b) => compareKeys(a.key, b.key))
  }

  async check({ file, bytes, sha256 }: ColdCopy): Promise<void> {
    const found = await fingerprint(join(this.root, file)).catch((cause) => {
      throw new ColdFileError(file, `cannot be read: ${(cause as Error).message}`, { cause })
    })
    if (found.bytes !== bytes || found.sha256 !== sha256) {
      throw new ColdFileError(
        file,
        `has ${found.bytes} bytes and sha256 ${found.sha256}, when it was written ${bytes} and ${sha256}`,
      )
    }
    if (this.#checked.size >= MAX_CHECKED) this.#checked.clear()
    this.#checked.add(sha256)
  }

  async sweep(stream: string, named: ReadonlySet<string>, nowMs: number, olderThanMs: number): Promise<number> {
    const folder = coldFolder(stream)
    let removed = 0
    for (const view of await entries(join(this.root, folder))) {
      for (const name of await entries(join(this.root, folder, view))) {
        const file = `${folder}/${view}/${name}`
        if (named.has(file)) continue
        const { mtimeMs } = await stat(join(this.root, file))
        if (nowMs - mtimeMs <= olderThanMs) continue
        await rm(join(this.root, file), { force: true })
        removed++
      }
    }
    return removed
  }

  async #connected<T>(use: (connection: DuckDbConnection) => Promise<T>): Promise<T> {
    const connection = await (await this.open()).connect()
    try {
      return await use(connection)
    } finally {
      connection.close()
    }
  }
}

async function copyTo(connection: DuckDbConnection, path: string, segment: Segment, cells: ColdCells): Promise<void> {
  const table = quoteName(`cold_${randomUUID()}`)
  await connection.run(
    `CREATE TEMP TABLE ${table} ("window" VARCHAR, "day" INTEGER, start TIMESTAMP, key VARCHAR, registers VARCHAR)`,
  )
  await insert(connection, table, windowName(cells.resolutionMs), cells.cells)
  await insert(connection, table, '1d', cells.days)
  const metadata = `{segment: ${quoteText(JSON.stringify(segment))}}`
  await connection.run(
    `COPY (SELECT * FROM ${table} ORDER BY "window", "day", start, key) TO ${quoteText(path)} ` +
      `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_PER_GROUP}, KV_METADATA ${metadata})`,
  )
  await connection.run(`DROP TABLE ${table}`)
}

/** Keys and registers hold no newline, so that many of them are one text. */
async function insert(
  { client }: DuckDbConnection,
  table: string,
  window: string,
  cells: readonly EncodedCell[],
): Promise<void> {
  for (let at = 0; at < cells.length; at += CELLS_AT_ONCE) {
    const some = cells.slice(at, at + CELLS_AT_ONCE)
    const lines = (of: (cell: EncodedCell) => string | number) => some.map(of).join('\n')
    await client.run(INSERT.replace('?', table), [
      window,
      lines(({ key }) => dayNumber(windowOfKey(key))),
      lines(({ key }) => windowOfKey(key)),
      lines(({ key }) => key),
      lines(({ registers }) => registers),
    ])
  }
}

/** `1h`, `30m`, `90s`. */
function windowName(sizeMs: number): string {
  if (sizeMs % HOUR_MS === 0) return `${sizeMs / HOUR_MS}h`
  return sizeMs % MINUTE_MS === 0 ? `${sizeMs / MINUTE_MS}m` : `${sizeMs / 1000}s`
}

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw failure
  }
}
