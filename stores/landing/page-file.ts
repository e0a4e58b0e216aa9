import { rename, rm } from 'node:fs/promises'
import parquet from 'parquetjs-lite'
import { z } from 'zod'
import type { LandedPage } from './landing-port.js'

/** One row per page; a file is one row group, as the landing keeps files small. */
const schema = new parquet.ParquetSchema({
  url: { type: 'UTF8' },
  kind: { type: 'UTF8' },
  // the library writes milliseconds, but cannot read them back
  fetched_at: { type: 'TIMESTAMP_MICROS', statistics: false },
  status: { type: 'INT32' },
  content_type: { type: 'UTF8', optional: true },
  sha256: { type: 'UTF8' },
  etag: { type: 'UTF8', optional: true },
  last_modified: { type: 'UTF8', optional: true },
  // statistics would be the smallest and the largest body once more
  body: { type: 'BYTE_ARRAY', compression: 'GZIP', statistics: false },
})

const row = z.object({
  url: z.string(),
  kind: z.string(),
  fetched_at: z.date(),
  status: z.number(),
  content_type: z.string().nullish(),
  sha256: z.string(),
  etag: z.string().nullish(),
  last_modified: z.string().nullish(),
  body: z.instanceof(Uint8Array),
})

/** Writes under a temporary name, then renames: a file of that name is whole. */
export async function writePageFile(path: string, pages: readonly LandedPage[]): Promise<void> {
  const temporary = `${path}.tmp`
  await rm(temporary, { force: true })
  const writer = await parquet.ParquetWriter.openFile(schema, temporary, { rowGroupSize: pages.length + 1 })
  for (const page of pages) {
    await writer.appendRow({
      url: page.url,
      kind: page.kind,
      fetched_at: new Date(page.fetchedAtMs),
      status: page.status,
      ...(page.contentType === null ? {} : { content_type: page.contentType }),
      sha256: page.sha256,
      ...(page.etag === null ? {} : { etag: page.etag }),
      ...(page.lastModified === null ? {} : { last_modified: page.lastModified }),
      body: Buffer.from(page.body),
    })
  }
  await writer.close()
  await rename(temporary, path)
}

/** @throws where the file is no landing */
export async function readPageFile(path: string): Promise<readonly LandedPage[]> {
  const reader = await parquet.ParquetReader.openFile(path)
  try {
    const pages: LandedPage[] = []
    const cursor = reader.getCursor()
    for (let next = await cursor.next(); next !== null; next = await cursor.next()) {
      const read = row.safeParse(next)
      if (!read.success) throw new Error(`${path}: row ${pages.length} is no page: ${z.prettifyError(read.error)}`)
      const { url, kind, fetched_at, status, content_type, sha256, etag, last_modified, body } = read.data
      pages.push({
        url,
        kind,
        fetchedAtMs: fetched_at.getTime(),
        status,
        contentType: content_type ?? null,
        sha256,
        etag: etag ?? null,
        lastModified: last_modified ?? null,
        body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
      })
    }
    return pages
  } finally {
    await reader.close()
  }
}
