import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { UserError } from '../instance/user-error.js'

/** One row of a file. CSV gives its text cells (empty = null), NDJSON its text as it stands. */
export type FileRow =
  | { readonly kind: 'cells'; readonly line: number; readonly cells: Readonly<Record<string, string | null>> }
  | { readonly kind: 'text'; readonly line: number; readonly text: string }

/** Rows of a .csv (with a header) or .ndjson file, also .gz, in file order and in bounded memory. `line` is the file's: a CSV header is line 1. */
export async function* readRows(file: string): AsyncGenerator<FileRow> {
  await access(file).catch(() => {
    throw new UserError(`${file} cannot be read: does it exist?`)
  })
  const name = file.replace(/\.gz$/, '')
  const raw = createReadStream(file)
  const bytes: Readable = name === file ? raw : raw.pipe(createGunzip())
  raw.once('error', (error) => bytes.destroy(error))
  if (name.endsWith('.csv')) yield* csvRows(bytes)
  else if (/\.(ndjson|jsonl)$/.test(name)) yield* textRows(bytes)
  else throw new UserError(`${file}: expected .csv or .ndjson, each also with .gz.`)
}

async function* csvRows(bytes: Readable): AsyncGenerator<FileRow> {
  const rows = bytes.pipe(
    parse({
      columns: true,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    }),
  )
  bytes.once('error', (error) => rows.destroy(error))
  let line = 1
  for await (const row of rows as AsyncIterable<Record<string, string | undefined>>) {
    const cells: Record<string, string | null> = {}
    for (const [column, text] of Object.entries(row)) cells[column] = text === undefined || text === '' ? null : text
    yield { kind: 'cells', line: ++line, cells }
  }
}

async function* textRows(bytes: Readable): AsyncGenerator<FileRow> {
  let line = 0
  for await (const text of createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (text.trim() !== '') yield { kind: 'text', line: ++line, text }
  }
}
