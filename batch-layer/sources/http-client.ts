import PQueue from 'p-queue'
import { SourceError, type SourceLimits } from '../../core/define/source-definition.js'
import { readBody } from './read-body.js'
import { RETRY, retryAfterMs, retryDelayMs } from './retry-delay.js'
import { RobotRules } from './robot-rules.js'
import type { SourceDeps } from './source-deps.js'

export interface HttpAnswer {
  /** 2xx, or 304 where the request had a validator. */
  readonly status: number
  readonly contentType: string | null
  readonly etag: string | null
  readonly lastModified: string | null
  readonly body: Uint8Array
}

export interface HttpRequest {
  readonly url: string
  /** What messages call the page: URLs may hold keys. */
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  /** @throws SourceError where the answer is not to be kept; of kind `transient`: it is tried again */
  readonly check: (answer: HttpAnswer) => void
}

export interface HttpOptions {
  readonly limits: SourceLimits
  readonly userAgent: string
  /** Called before every request. @throws SourceError of kind `quota` */
  readonly spend: () => Promise<void>
  readonly signal?: AbortSignal
}

const MAX_REDIRECTS = 5
const TURN_MS = 200

/** GET within a source's limits: its rate and concurrency per host, its attempts, robots.txt. */
export class HttpClient {
  readonly #queues = new Map<string, PQueue>()
  readonly #robots: RobotRules

  constructor(
    private readonly deps: Pick<SourceDeps, 'fetch' | 'pause' | 'random' | 'clock'>,
    private readonly options: HttpOptions,
  ) {
    this.#robots = new RobotRules(options.userAgent, (url) =>
      this.#patiently(url, (signal) =>
        this.#once({ url, name: url, headers: {}, check: () => undefined }, signal, true),
      ),
    )
  }

  /** @throws SourceError that says why there is no answer */
  async get(request: HttpRequest): Promise<HttpAnswer> {
    return this.#patiently(request.name, (signal) => this.#once(request, signal, false))
  }

  async #patiently<T>(name: string, once: (signal?: AbortSignal) => Promise<T>): Promise<T> {
    const { limits, signal } = this.options
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      try {
        return await once(signal)
      } catch (error) {
        if (!(error instanceof SourceError) || error.kind !== 'transient') throw error
        const waitMs = error instanceof BusyError ? error.waitMs : null
        if (attempt >= limits.attempts || (waitMs ?? 0) > RETRY.maxRetryAfterMs)
          throw new SourceError('transient', `${name}: ${error.message}, at attempt ${attempt}`, error.example, {
            cause: error,
          })
        await this.deps.pause(waitMs ?? retryDelayMs(attempt, this.deps.random), signal)
      }
    }
  }

  async #once(request: HttpRequest, signal: AbortSignal | undefined, robots: boolean): Promise<HttpAnswer> {
    let url = readUrl(request.url, request.name)
    for (let hop = 0; ; hop++) {
      if (hop > MAX_REDIRECTS)
        throw new SourceError('refused', `${request.name} is redirected more than ${MAX_REDIRECTS} times`)
      if (!robots && this.options.limits.robots) await this.#askRobots(url, request.name)
      // Headers are meant for the host that was asked.
      const headers = hop === 0 || url.origin === new URL(request.url).origin ? request.headers : {}
      const at = url
      const queue = this.#queue(robots ? `robots.txt of ${at.host}` : at.host)
      const answer = await queue.add(() => this.#send(at, request, headers), { signal })
      if (answer instanceof URL) url = answer
      else {
        request.check(answer)
        return answer
      }
    }
  }

  async #askRobots(url: URL, name: string): Promise<void> {
    const { allowed, delayMs } = await this.#robots.ask(url)
    if (!allowed) throw new SourceError('refused', `${name} is not for robots, says ${url.origin}/robots.txt`)
    if (delayMs !== null) this.#queue(url.host, delayMs)
  }

  #queue(host: string, delayMs = 0): PQueue {
    let queue = this.#queues.get(host)
    if (queue === undefined) {
      const { requestsPerSecond, parallelPerHost } = this.options.limits
      // A timer is late by a few ms each time: high rates are kept by several requests a turn.
      const turnMs = Math.max(delayMs, 1000 / requestsPerSecond, TURN_MS)
      queue = new PQueue({
        concurrency: delayMs > 0 ? 1 : parallelPerHost,
        interval: turnMs,
        intervalCap: delayMs > 0 ? 1 : Math.max(1, Math.floor((requestsPerSecond * turnMs) / 1000)),
      })
      this.#queues.set(host, queue)
    }
    return queue
  }

  /** One request; a redirect is its target. */
  async #send(url: URL, { name }: HttpRequest, headers: Readonly<Record<string, string>>): Promise<HttpAnswer | URL> {
    const { limits, userAgent, spend, signal } = this.options
    await spend()
    const controller = new AbortController()
    const stop = () => controller.abort(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    const timer = setTimeout(
      () => controller.abort(new SourceError('transient', `no answer within ${limits.timeoutMs} ms`)),
      limits.timeoutMs,
    )
    try {
      const response = await this.deps.fetch(url, {
        headers: { 'user-agent': userAgent, ...headers },
        redirect: 'manual',
        signal: controller.signal,
      })
      const { status } = response
      const location = response.headers.get('location')
      if (status >= 300 && status < 400 && status !== 304 && location !== null) {
        await response.body?.cancel()
        return readUrl(location, name, url)
      }
      const body = await readBody(response, limits.maxBytes, name)
      if (status === 304 || response.ok) {
        const header = (of: string) => response.headers.get(of)
        const [contentType, etag, lastModified] = [header('content-type'), header('etag'), header('last-modified')]
        return { status, contentType, etag, lastModified, body }
      }
      throw refusal(name, status, Buffer.from(body.subarray(0, 300)).toString('utf8'), () =>
        retryAfterMs(response.headers.get('retry-after'), this.deps.clock.now()),
      )
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason
      if (error instanceof SourceError) throw error
      throw new SourceError('transient', `no answer: ${reasonOf(error)}`, null, { cause: error })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }
}

/** The server asks to come back after a while. */
class BusyError extends SourceError {
  constructor(
    message: string,
    example: string,
    readonly waitMs: number | null,
  ) {
    super('transient', message, example)
  }
}

function refusal(name: string, status: number, example: string, waitMs: () => number | null): SourceError {
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return new BusyError(`the server answered ${status}`, example, waitMs())
  if (status === 401 || status === 403)
    return new SourceError('key', `${name}: the server answered ${status}: it wants a key or a permission`, example)
  return new HttpStatusError(name, status, example)
}

/** A page that is not there, or not for us. */
export class HttpStatusError extends SourceError {
  constructor(
    page: string,
    readonly status: number,
    example: string,
  ) {
    super('refused', `${page}: the server answered ${status}`, example)
  }
}

function readUrl(text: string, name: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : null
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new SourceError('refused', `${name}: not an address of a page`, base === undefined ? null : text.slice(0, 200))
}

/** What fetch says is "fetch failed"; the reason is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message
}
