import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { LandedPage, PageEntry } from './landing-port.js'

const line = z.object({
  url: z.string(),
  kind: z.string(),
  fetchedAtMs: z.number(),
  status: z.number(),
  contentType: z.string().nullable(),
  sha256: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** base64 */
  body: z.string(),
})

interface Place {
  readonly at: number
  readonly bytes: number
  readonly entry: PageEntry
}

/**
 * The pages of a crawl that is not over, one line of JSON each, as Parquet can only be read once it is whole. A line that
 * a crash cut short is dropped with everything behind it: its page is fetched again.
 */
export class PageJournal {
  readonly entries = new Map<string, PageEntry>()
  readonly #places = new Map<string, Place>()
  #end = 0
  #last: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async open(path: string): Promise<PageJournal> {
    const file = await open(path, 'a+')
    try {
      const journal = new PageJournal(path, file)
      await journal.#load()
      return journal
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async #load(): Promise<void> {
    const input = createReadStream(this.path, 'utf8')
    const { size } = await this.file.stat()
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const bytes = Buffer.byteLength(text)
      const page = parseLine(text)
      // the newline is the last thing written
      if (page === null || this.#end + bytes + 1 > size) break
      this.#know(page, bytes)
    }
    input.destroy()
    if (size > this.#end) await this.file.truncate(this.#end)
  }

  #know({ body: _, ...entry }: LandedPage, bytes: number): void {
    this.entries.set(entry.url, entry)
    // of two pages of one name the later one counts, in its own place
    this.#places.delete(entry.url)
    this.#places.set(entry.url, { at: this.#end, bytes, entry })
    this.#end += bytes + 1
  }

  /** One after the other: pages come from several hosts at once. */
  add(page: LandedPage): Promise<void> {
    const added = this.#last.then(async () => {
      const text = JSON.stringify({ ...page, body: Buffer.from(page.body).toString('base64') })
      await this.file.appendFile(`${text}\n`)
      this.#know(page, Buffer.byteLength(text))
    })
    this.#last = added.catch(() => undefined)
    return added
  }

  async page(name: string): Promise<LandedPage> {
    const place = this.#places.get(name)
    if (place === undefined) throw new Error(`${this.path} holds no page ${name}`)
    return this.#read(place)
  }

  async *pages(): AsyncGenerator<LandedPage> {
    for (const place of [...this.#places.values()].sort((a, b) => a.at - b.at)) yield await this.#read(place)
  }

  async #read({ at, bytes, entry }: Place): Promise<LandedPage> {
    const { buffer, bytesRead } = await this.file.read(Buffer.alloc(bytes), 0, bytes, at)
    const page = bytesRead === bytes ? parseLine(buffer.toString('utf8')) : null
    if (page === null) throw new Error(`${this.path}: the line of page ${entry.url} at byte ${at} cannot be read`)
    return page
  }

  async close(): Promise<void> {
    await this.#last
    await this.file.close()
  }
}

function parseLine(text: string): LandedPage | null {
  try {
    const { body, ...entry } = line.parse(JSON.parse(text))
    return { ...entry, body: Uint8Array.from(Buffer.from(body, 'base64')) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}
