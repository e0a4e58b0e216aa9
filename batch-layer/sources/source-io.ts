import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import {
  type PageRequest,
  type SourceDefinition,
  SourceError,
  type SourceIo,
  type SourcePage,
} from '../../core/define/source-definition.js'
import type { LandedPage, Landing, LandingWriter } from '../../stores/landing/landing-port.js'
import { type HttpAnswer, HttpClient } from './http-client.js'
import { shapeError } from './shape-error.js'
import type { SourceDeps } from './source-deps.js'

export interface CrawlContext {
  readonly source: SourceDefinition
  readonly landing: LandingWriter
  /** Of the last good run. */
  readonly previous: Landing | null
  readonly spend: () => Promise<void>
  readonly onLanded: () => void
  readonly onSkip: (error: SourceError) => void
  /** One of our own engines or the disk failed: not the source's fault. */
  readonly onTrouble: (error: unknown) => void
  readonly signal?: AbortSignal
}

/** What a crawl works with, until it is closed. */
export interface OpenSourceIo {
  readonly io: SourceIo
  /** Ends what a crawl that failed has left under way; resolves when nothing lands any more. */
  close(): Promise<void>
}

/** Every page goes through the landing. */
export function openSourceIo(deps: SourceDeps, context: CrawlContext): OpenSourceIo {
  const { source, landing, previous } = context
  const closing = new AbortController()
  const stop = () => closing.abort(context.signal?.reason)
  if (context.signal?.aborted) stop()
  context.signal?.addEventListener('abort', stop, { once: true })
  const { signal } = closing
  // each request under way listens
  setMaxListeners(0, signal)
  const http = new HttpClient(deps, {
    limits: source.limits,
    userAgent: `tandem-${source.name}`,
    spend: context.spend,
    signal,
  })
  const running = new Map<string, Promise<SourcePage>>()
  /** A page that is asked for twice is fetched once. */
  const once = (name: string, make: () => Promise<LandedPage>): Promise<SourcePage> => {
    const known = running.get(name)
    if (known !== undefined) return known
    const page = (async () => {
      signal.throwIfAborted()
      if (landing.entries.has(name)) return landing.page(name)
      const made = await make()
      await landing.add(made)
      context.onLanded()
      return made
    })()
    running.set(name, page)
    const forget = () => running.delete(name)
    page.then(forget, (error) => {
      forget()
      if (!(error instanceof SourceError) && !signal.aborted) context.onTrouble(error)
    })
    return page
  }

  const fetchPage = async (url: string, name: string, request: PageRequest): Promise<LandedPage> => {
    const before = previous?.entries.get(name)
    const old = before === undefined || request.keep === undefined ? null : await (previous as Landing).page(name)
    if (old !== null && request.keep?.(old) === true) return old
    const pageOf = (answer: HttpAnswer): LandedPage => ({
      url: name,
      kind: request.kind,
      fetchedAtMs: deps.clock.now(),
      status: answer.status,
      contentType: answer.contentType,
      sha256: sha256Of(answer.body),
      etag: answer.etag,
      lastModified: answer.lastModified,
      body: answer.body,
    })
    const answer = await http.get({
      url,
      name,
      headers: {
        ...request.headers,
        ...(before?.etag ? { 'if-none-match': before.etag } : {}),
        ...(before?.lastModified ? { 'if-modified-since': before.lastModified } : {}),
      },
      check: (given) => {
        if (given.status !== 304) checkPage(request, pageOf(given))
      },
    })
    if (answer.status !== 304) return pageOf(answer)
    if (before === undefined)
      throw new SourceError('refused', `${name}: the server answered 304 to a request without validators`)
    // As it was, body included: each landing is whole, so that older ones may go.
    return { ...(old ?? (await (previous as Landing).page(name))), fetchedAtMs: deps.clock.now() }
  }

  const io: SourceIo = {
    get: (url, request) => {
      const name = request.as ?? url
      return once(name, () => fetchPage(url, name, request))
    },
    file: (path, request) => {
      const name = request.as ?? path
      return once(name, async () => {
        const body = await readWhole(path, source.limits.maxBytes)
        const page = {
          url: name,
          kind: request.kind,
          fetchedAtMs: deps.clock.now(),
          status: 200,
          contentType: null,
          sha256: sha256Of(body),
          etag: null,
          lastModified: null,
          body,
        }
        checkPage(request, page)
        return page
      })
    },
    skip: context.onSkip,
    settings: settingsOf(source, deps.env),
  }
  return {
    io,
    async close() {
      context.signal?.removeEventListener('abort', stop)
      closing.abort(new Error(`the crawl of source "${source.name}" is over`))
      await Promise.allSettled(running.values())
    },
  }
}

/** The source's settings from the environment; an empty variable counts as none. */
export function settingsOf({ settings }: SourceDefinition, env: SourceDeps['env']): SourceIo['settings'] {
  return Object.fromEntries(
    Object.entries(settings).map(([name, { env: variable, fallback }]) => [name, env[variable] || fallback]),
  )
}

/** A check that fails otherwise than it says has met a page that it does not understand. */
function checkPage({ check }: PageRequest, page: SourcePage): void {
  try {
    check?.(page)
  } catch (error) {
    throw error instanceof SourceError ? error : shapeError(page, error)
  }
}

async function readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw new SourceError('refused', `${path} is larger than ${maxBytes} bytes`)
    const raw = await readFile(path)
    return new Uint8Array(path.endsWith('.gz') ? await promisify(gunzip)(raw, { maxOutputLength: maxBytes }) : raw)
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw new SourceError('refused', `${path} cannot be read: ${(error as Error).message}`, null, { cause: error })
  }
}

const sha256Of = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex')
