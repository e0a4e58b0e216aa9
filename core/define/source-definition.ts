import { zoneTable } from '../time/zone.js'
import type { CollectionDefinition } from './collection-definition.js'
import { checkName } from './names.js'
import type { StreamDefinition } from './stream-definition.js'

/** One response or file as it came, before anything is made of it: what the landing keeps. */
export interface SourcePage {
  readonly url: string
  /** What the crawl called it, such as `list` or `item`. */
  readonly kind: string
  /** UTC ms. */
  readonly fetchedAtMs: number
  /** HTTP status; 200 for a file. */
  readonly status: number
  readonly contentType: string | null
  readonly body: Uint8Array
  /** Hex, of the body. */
  readonly sha256: string
}

export interface PageRequest {
  readonly kind: string
  readonly headers?: Readonly<Record<string, string>>
  /** Name that the page has in the landing in place of its URL: without keys and other secrets. @default the URL */
  readonly as?: string
  /**
   * Looks at an answer before it is landed, for providers that say their errors with status 200.
   * @throws SourceError where it is not to be kept; of kind `transient`: it is tried again
   */
  readonly check?: (page: SourcePage) => void
  /** Whether the page as the last good run landed it stands in for asking again: for what is final. @default never */
  readonly keep?: (page: SourcePage) => boolean
}

/** What a crawl may do. Every page is landed before it is returned; a page that an interrupted run has landed is not fetched again. */
export interface SourceIo {
  /**
   * Fetches by GET within the source's limits: robots.txt, rate, parallel requests per host, retries with back-off, ETag.
   * @throws SourceError where the server refuses for good, or robots.txt does
   */
  get(url: string, request: PageRequest): Promise<SourcePage>
  /** Reads a file; `.gz` is unpacked. @throws SourceError where there is none */
  file(path: string, request: PageRequest): Promise<SourcePage>
  /**
   * Goes on without a page: the error is in the run's report, and the run counts as partial. A stream is sent the rest, a
   * collection keeps its last generation.
   */
  skip(error: SourceError): void
  /** Values of the source's settings. */
  readonly settings: Readonly<Record<string, string | undefined>>
}

/** The interval of a run: it comes from the scheduled time, never from now. */
export interface SourceRun {
  /** UTC ms. */
  readonly scheduledMs: number
  /** What the crawl of the last good run returned; null before the first. JSON. */
  readonly cursor: unknown
}

/** One thing that a page told: a record of the stream, or a document of the collection, under a name of its own. */
export interface SourceItem {
  readonly id: string
  readonly value: unknown
}

export interface SourceLimits {
  /** @default 5 */
  readonly requestsPerSecond: number
  /** @default 2 */
  readonly parallelPerHost: number
  /** Attempts per page. @default 5 */
  readonly attempts: number
  /** Longest wait for one answer, ms. @default 20_000 */
  readonly timeoutMs: number
  /**
   * Requests per day of the provider's zone; null: no quota. A setting of the source with this name takes its place.
   * @default null
   */
  readonly requestsPerDay: number | null
  /** IANA zone whose midnight begins the provider's day. @default 'UTC' */
  readonly zone: string
  /** Largest page, bytes. @default 16 MiB */
  readonly maxBytes: number
  /** False for an API that is asked by contract, with a key of one's own. @default true */
  readonly robots: boolean
}

export interface SourceOptions {
  readonly name: string
  readonly description: string
  /** Where its items go: records to a stream, documents to a collection's next generation. */
  readonly into: StreamDefinition | CollectionDefinition
  /** Setting to the environment variable that it is read from and what it is for. */
  readonly settings?: Readonly<
    Record<string, { readonly env: string; readonly about: string; readonly fallback?: string }>
  >
  readonly limits?: Partial<SourceLimits>
  /** Fetches the pages of a run. @returns the cursor that the next run is given, JSON; undefined keeps the last one */
  readonly crawl: (io: SourceIo, run: SourceRun) => Promise<unknown>
  /**
   * What a landed page tells. Pure, so that a run can be repeated from its landing.
   * @throws SourceError where the page has another shape than expected
   */
  readonly read: (page: SourcePage) => readonly SourceItem[]
  /** The run's items as a whole: without duplicates, the cheapest of each, … Pure. @default each id once, the last one counts */
  readonly clean?: (items: readonly SourceItem[]) => readonly SourceItem[]
  /** Of a stream's item, what decides whether it has changed since it was sent: without the time of its fetching. @default all of it */
  readonly same?: (value: unknown) => unknown
  /**
   * Values that the stream is sent where an item has changed, `before` being what it was sent last: for views that add up,
   * the old one taken back and then the new one. @default the new value
   */
  readonly revise?: (before: unknown, after: unknown) => readonly unknown[]
}

/** Something crawled or polled on a schedule. Frozen. */
export interface SourceDefinition extends Required<Omit<SourceOptions, 'limits'>> {
  readonly kind: 'source'
  readonly limits: SourceLimits
}

/** What a run does with an error: try the page again, end the source's run with what to do, or go on tomorrow. */
export type SourceErrorKind =
  /** May pass: the page is tried again, within the limits. */
  | 'transient'
  /** The provider gives no more today: the next run goes on where this one ended. */
  | 'quota'
  /** A key or permission is missing or wrong: a person has to act. */
  | 'key'
  /** A page has another shape than expected: a person has to look. The last good data stay. */
  | 'shape'
  /** The page is not to be had: refused by robots.txt, gone. */
  | 'refused'

/** Thrown by a crawl or a reader; ends the source's run, never the runs of others. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  /** @param example the piece of the page that it is about, at most some hundred characters. */
  constructor(
    readonly kind: SourceErrorKind,
    message: string,
    readonly example: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

const LIMITS: SourceLimits = Object.freeze({
  requestsPerSecond: 5,
  parallelPerHost: 2,
  attempts: 5,
  timeoutMs: 20_000,
  requestsPerDay: null,
  zone: 'UTC',
  maxBytes: 16 * 1024 * 1024,
  robots: true,
})

/** Checks and freezes a source. @throws Error naming the source and the option that is out of bounds */
export function defineSource(options: SourceOptions): SourceDefinition {
  checkName('source', options.name)
  const limits = { ...LIMITS, ...options.limits }
  const { parallelPerHost, attempts, timeoutMs, maxBytes, requestsPerDay } = limits
  for (const [name, value] of Object.entries({ parallelPerHost, attempts, timeoutMs, maxBytes, requestsPerDay })) {
    if (value !== null && !(Number.isSafeInteger(value) && value >= 1))
      throw new Error(`source "${options.name}": limits.${name} must be a whole number of at least 1, got ${value}`)
  }
  if (!(limits.requestsPerSecond > 0))
    throw new Error(
      `source "${options.name}": limits.requestsPerSecond must be above 0, got ${limits.requestsPerSecond}`,
    )
  zoneTable(limits.zone)
  return Object.freeze({
    kind: 'source',
    settings: {},
    clean: lastOfEachId,
    same: (value: unknown) => value,
    revise: (_: unknown, after: unknown) => [after],
    ...options,
    limits: Object.freeze(limits),
  })
}

function lastOfEachId(items: readonly SourceItem[]): readonly SourceItem[] {
  return [...new Map(items.map((item) => [item.id, item])).values()]
}
