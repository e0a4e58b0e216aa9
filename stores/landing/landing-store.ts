import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { LandedPage, Landing, LandingStore, LandingWriter, PageEntry } from './landing-port.js'
import { readPageFile, writePageFile } from './page-file.js'
import { PageJournal } from './page-journal.js'

/** A file is written and read whole, so it is kept small. */
const FILE = { maxPages: 1_000, maxBytes: 16 * 1024 * 1024 } as const
const JOURNAL = 'pages.ndjson'
/** Written last: with it the landing is whole. */
const CONTENTS = 'landing.json'

const contents = z.object({
  source: z.string(),
  run: z.string(),
  files: z.array(z.object({ name: z.string(), pages: z.number() })),
  pages: z.array(
    z.object({
      url: z.string(),
      kind: z.string(),
      fetchedAtMs: z.number(),
      status: z.number(),
      contentType: z.string().nullable(),
      sha256: z.string(),
      etag: z.string().nullable(),
      lastModified: z.string().nullable(),
    }),
  ),
})
type Contents = z.infer<typeof contents>

/** @param root folder; made where it is missing */
export function openLanding(root: string): LandingStore {
  const folderOf = (source: string, run: string) => join(root, source, folderName(run))
  return {
    async openWriter(source, run) {
      const folder = folderOf(source, run)
      await mkdir(folder, { recursive: true })
      return openWriter(folder, source, run)
    },
    async open(source, run) {
      const folder = folderOf(source, run)
      const found = await readContents(folder)
      return found === null ? null : openWhole(folder, found)
    },
    async sweep(source, keep) {
      const kept = new Set([...keep].map(folderName))
      const folders = await readdir(join(root, source)).catch(none)
      const old = folders.filter((folder) => !kept.has(folder))
      for (const folder of old) await rm(join(root, source, folder), { recursive: true, force: true })
      return old.length
    },
  }
}

async function openWriter(folder: string, source: string, run: string): Promise<LandingWriter> {
  const found = await readContents(folder)
  let writer = found === null ? await openJournal(folder, source, run) : wholeWriter(folder, found)
  let reopened: Promise<LandingWriter> | null = null
  return {
    get entries() {
      return writer.entries
    },
    page: (name) => writer.page(name),
    pages: () => writer.pages(),
    async add(page) {
      // A run that is repeated may get a page that it went on without the first time.
      if (found !== null) {
        reopened ??= reopen(folder, source, run, writer)
        writer = await reopened
      }
      await writer.add(page)
    },
    finish: () => writer.finish(),
    close: () => writer.close(),
  }
}

function wholeWriter(folder: string, found: Contents): LandingWriter {
  return {
    ...openWhole(folder, found),
    add: async ({ url }) => {
      throw new Error(`the landing ${folder} is whole and takes no page: ${url}`)
    },
    // A crash may have left the journal.
    finish: () => rm(join(folder, JOURNAL), { force: true }),
    close: async () => undefined,
  }
}

/** Back to a journal. Killed before its end the landing is as whole as it was. */
async function reopen(folder: string, source: string, run: string, whole: LandingWriter): Promise<LandingWriter> {
  const journal = await openJournal(folder, source, run)
  for await (const page of whole.pages()) await journal.add(page)
  await rm(join(folder, CONTENTS), { force: true })
  return journal
}

async function openJournal(folder: string, source: string, run: string): Promise<LandingWriter> {
  const journal = await PageJournal.open(join(folder, JOURNAL))
  return {
    entries: journal.entries,
    page: (name) => journal.page(name),
    pages: () => journal.pages(),
    add: (page) => journal.add(page),
    async finish() {
      const pages: PageEntry[] = []
      const files: { name: string; pages: number }[] = []
      for await (const group of grouped(journal.pages())) {
        const name = `pages-${String(files.length).padStart(5, '0')}.parquet`
        await writePageFile(join(folder, name), group)
        files.push({ name, pages: group.length })
        for (const { body: _, ...entry } of group) pages.push(entry)
      }
      const path = join(folder, CONTENTS)
      await writeFile(`${path}.tmp`, JSON.stringify({ source, run, files, pages } satisfies Contents))
      await rename(`${path}.tmp`, path)
      await rm(join(folder, JOURNAL), { force: true })
    },
    close: () => journal.close(),
  }
}

function openWhole(folder: string, { files, pages }: Contents): Landing {
  const entries = new Map(pages.map((page) => [page.url, page]))
  const fileOf = new Map<string, string>()
  let at = 0
  for (const file of files) {
    for (const { url } of pages.slice(at, at + file.pages)) fileOf.set(url, file.name)
    at += file.pages
  }
  // Pages are asked for in about the order in which they were landed, so the file read last mostly has the next one.
  let last: { name: string; pages: Promise<ReadonlyMap<string, LandedPage>> } | null = null
  const load = (name: string) => {
    if (last?.name !== name)
      last = {
        name,
        pages: readPageFile(join(folder, name)).then((read) => new Map(read.map((page) => [page.url, page]))),
      }
    return last.pages
  }
  return {
    entries,
    async page(name) {
      const file = fileOf.get(name)
      const page = file === undefined ? undefined : (await load(file)).get(name)
      if (page === undefined) throw new Error(`the landing ${folder} has no page ${name}`)
      return page
    },
    async *pages() {
      for (const { name } of files) yield* await readPageFile(join(folder, name))
    },
  }
}

async function* grouped(pages: AsyncIterable<LandedPage>): AsyncGenerator<readonly LandedPage[]> {
  let group: LandedPage[] = []
  let bytes = 0
  for await (const page of pages) {
    if (group.length >= FILE.maxPages || (group.length > 0 && bytes + page.body.byteLength > FILE.maxBytes)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(page)
    bytes += page.body.byteLength
  }
  if (group.length > 0) yield group
}

async function readContents(folder: string): Promise<Contents | null> {
  const text = await readFile(join(folder, CONTENTS), 'utf8').catch(absent)
  return text === null ? null : contents.parse(JSON.parse(text))
}

/** A run's id may be any text; a folder's name may not. */
function folderName(run: string): string {
  const digest = createHash('sha256').update(run).digest('hex').slice(0, 8)
  return `${run.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 100)}-${digest}`
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

function none(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
