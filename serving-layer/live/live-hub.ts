import type { Response } from 'express'
import { problemOf } from '../api/problem.js'
import { pause } from '../mirror/pause.js'
import { UnavailableError } from '../unavailable-error.js'

/** An answer as it is sent; the id is what a client that connects again hands back as `Last-Event-ID`. */
export interface LiveAnswer {
  readonly id: string | null
  readonly data: object
}

/** What one client is told in place of what all are told; null: the same, from now on. */
export type Personal = (answer: LiveAnswer) => LiveAnswer | null

/** One question asked again and again for everybody who listens to it. */
interface Channel {
  readonly listeners: Map<Response, Personal | null>
  /** The last event, for those who come later. */
  last: LiveEvent | null
}

interface LiveEvent {
  /** Null for a problem. */
  readonly answer: LiveAnswer | null
  readonly text: string
}

/** Without news a comment is sent, so that proxies keep the connection and dead clients are noticed. */
const HEARTBEAT_MS = 15_000

/** Server-sent events: equal questions are computed once per interval, however many listen. */
export class LiveHub {
  readonly #channels = new Map<string, Channel>()
  #listeners = 0

  constructor(
    readonly signal: AbortSignal,
    readonly maxListeners: number,
    readonly onError: (error: unknown) => void,
  ) {}

  get listeners(): number {
    return this.#listeners
  }

  /**
   * Sends `ask`'s result as event `answer` whenever it was computed anew, and event `problem` where it failed; the
   * connection stays. Ends with the client or the process.
   *
   * @param key equal for equal questions
   * @throws UnavailableError where too many listen already
   */
  listen(
    key: string,
    everyMs: number,
    ask: () => Promise<LiveAnswer>,
    response: Response,
    personal: Personal | null = null,
  ): void {
    if (this.#listeners >= this.maxListeners) {
      throw new UnavailableError(
        `${this.#listeners} clients listen already, the most that one process serves`,
        'starting',
      )
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    response.write('retry: 2000\n\n')
    this.#listeners++
    let channel = this.#channels.get(key)
    if (channel) {
      channel.listeners.set(response, personal)
      if (channel.last) tell(channel.listeners, response, channel.last)
    } else {
      channel = { listeners: new Map([[response, personal]]), last: null }
      this.#channels.set(key, channel)
      this.#run(key, channel, everyMs, ask).catch(this.onError)
    }
    const { listeners } = channel
    response.once('close', () => {
      this.#listeners--
      listeners.delete(response)
    })
  }

  async #run(key: string, channel: Channel, everyMs: number, ask: () => Promise<LiveAnswer>): Promise<void> {
    let quietMs = 0
    while (channel.listeners.size > 0 && !this.signal.aborted) {
      const event = await this.#event(ask)
      quietMs += everyMs
      if (event.text !== channel.last?.text) {
        channel.last = event
        quietMs = 0
        for (const response of channel.listeners.keys()) tell(channel.listeners, response, event)
      } else if (quietMs >= HEARTBEAT_MS) {
        quietMs = 0
        for (const response of channel.listeners.keys()) write(response, ': still here\n\n')
      }
      await pause(everyMs, this.signal)
    }
    this.#channels.delete(key)
    for (const response of channel.listeners.keys()) response.end()
  }

  async #event(ask: () => Promise<LiveAnswer>): Promise<LiveEvent> {
    try {
      const answer = await ask()
      return { answer, text: textOf(answer) }
    } catch (error) {
      const problem = problemOf(error)
      if (!problem) this.onError(error)
      const data = problem ?? { title: 'Internal error', status: 500 }
      return { answer: null, text: `event: problem\ndata: ${JSON.stringify(data)}\n\n` }
    }
  }
}

function textOf({ id, data }: LiveAnswer): string {
  return `${id === null ? '' : `id: ${id}\n`}event: answer\ndata: ${JSON.stringify(data)}\n\n`
}

function tell(listeners: Map<Response, Personal | null>, response: Response, { answer, text }: LiveEvent): void {
  const personal = listeners.get(response) ?? null
  const own = answer === null ? null : (personal?.(answer) ?? null)
  if (answer !== null && own === null && personal !== null) listeners.set(response, null)
  write(response, own === null ? text : textOf(own))
}

function write(response: Response, text: string): void {
  // A client that does not read loses this event, not its connection: the next one is whole again.
  if (!response.writableNeedDrain) response.write(text)
}
