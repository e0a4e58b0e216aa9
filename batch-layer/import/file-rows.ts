import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Info, parse } from 'csv-parse'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import { ImportFileError } from './import-errors.js'

/** A row of a file: the cells of a CSV row by header (empty = null), or the JSON of all other kinds. */
export type FileRow =
  | { readonly line: number; readonly cells: Readonly<Record<string, string | null>> }
  | { readonly line: number; readonly json: Buffer }

/** What a file is, by its name. */
export const FILE_KINDS = ['csv', 'ndjson', 'jsonl', 'parquet'] as const
export type FileKind = (typeof FILE_KINDS)[number]

/** A line over it is no record of any stream. */
const MAX_LINE_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024

/** @throws ImportFileError where the name says nothing that can be imported */
export function fileKind(file: string): FileKind {
  const name = file.toLowerCase()
  const plain = name.replace(/\.gz$/, '')
  const kind = FILE_KINDS.find((ending) => plain.endsWith(`.${ending}`))
  if (kind === undefined || (kind === 'parquet' && plain !== name)) {
    throw new ImportFileError(file, 'expected .csv, .ndjson or .jsonl (each also with .gz), or .parquet')
  }
  return kind
}

/**
 * Rows of a file in its order, some at a time, in bounded memory.
 *
 * @throws ImportFileError where it cannot be read, or is not what its name says
 */
export async function* fileRows(lake: Pick<LakeStore, 'imports'>, file: string): AsyncGenerator<readonly FileRow[]> {
  const kind = fileKind(file)
  try {
    if (kind === 'parquet') yield* parquetRows(lake, file)
    else if (kind === 'csv') yield* csvRows(bytesOf(file))
    else yield* jsonLines(bytesOf(file))
  } catch (cause) {
    if (cause instanceof ImportFileError) throw cause
    throw new ImportFileError(file, `cannot be read: ${cause instanceof Error ? cause.message : cause}`)
  }
}

function bytesOf(file: string): Readable {
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  // the reader sees what broke the pipe: pipeline destroys its end with it
  return /\.gz$/i.test(file) ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined) : raw
}

async function* parquetRows(lake: Pick<LakeStore, 'imports'>, file: string): AsyncGenerator<readonly FileRow[]> {
  let line = 0
  for await (const texts of lake.imports.readParquet(file)) {
    yield texts.map((text) => ({ line: ++line, json: Buffer.from(text) }))
  }
}

/** Rows handed on at a time. */
const BATCH_ROWS = 1_000

async function* csvRows(bytes: Readable): AsyncGenerator<readonly FileRow[]> {
  const parser = parse({
    columns: true,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  })
  const rows = pipeline(bytes, parser, () => undefined)
  let batch: FileRow[] = []
  for await (const row of rows as AsyncIterable<{ info: Info; record: Record<string, string | undefined> }>) {
    const cells: Record<string, string | null> = {}
    for (const column in row.record) cells[column] = row.record[column] || null
    batch.push({ line: row.info.lines, cells })
    if (batch.length < BATCH_ROWS) continue
    yield batch
    batch = []
  }
  yield batch
}

async function* jsonLines(bytes: Readable): AsyncGenerator<readonly FileRow[]> {
  let line = 0
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const rows: FileRow[] = []
    let from = 0
    const all: Buffer = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (let end = all.indexOf(10, Math.max(0, pending.length)); end >= 0; end = all.indexOf(10, from)) {
      line++
      const json = trimmed(all.subarray(from, end))
      if (json.length > 0) rows.push({ line, json })
      from = end + 1
    }
    pending = all.subarray(from)
    if (pending.length > MAX_LINE_BYTES) throw new Error(`line ${line + 1} is longer than ${MAX_LINE_BYTES} bytes`)
    yield rows
  }
  const last = trimmed(pending)
  if (last.length > 0) yield [{ line: line + 1, json: last }]
}

/** Without blanks around it, and without a byte order mark. */
function trimmed(line: Buffer): Buffer {
  let from = line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0
  let to = line.length
  while (from < to && isBlank(line[from] as number)) from++
  while (to > from && isBlank(line[to - 1] as number)) to--
  return line.subarray(from, to)
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 13 || byte === 9
}
