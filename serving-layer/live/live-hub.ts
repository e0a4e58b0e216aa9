import type { Response } from 'express'
import { problemOf } from '../api/problem.js'
import { pause } from '../mirror/pause.js'
import { UnavailableError } from '../unavailable-error.js'

/** One question asked again and again for everybody who listens to it. */
interface Channel {
  readonly listeners: Set<Response>
  /** The last event, for those who come later. */
  last: string | null
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
  listen(key: string, everyMs: number, ask: () => Promise<unknown>, response: Response): void {
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
      channel.listeners.add(response)
      if (channel.last) response.write(channel.last)
    } else {
      channel = { listeners: new Set([response]), last: null }
      this.#channels.set(key, channel)
      this.#run(key, channel, everyMs, ask).catch(this.onError)
    }
    const { listeners } = channel
    response.once('close', () => {
      this.#listeners--
      listeners.delete(response)
    })
  }

  async #run(key: string, channel: Channel, everyMs: number, ask: () => Promise<unknown>): Promise<void> {
    let quietMs = 0
    while (channel.listeners.size > 0 && !this.signal.aborted) {
      const event = await this.#event(ask)
      quietMs += everyMs
      if (event !== channel.last) {
        channel.last = event
        quietMs = 0
        broadcast(channel, event)
      } else if (quietMs >= HEARTBEAT_MS) {
        quietMs = 0
        broadcast(channel, ': still here\n\n')
      }
      await pause(everyMs, this.signal)
    }
    this.#channels.delete(key)
    for (const response of channel.listeners) response.end()
  }

  async #event(ask: () => Promise<unknown>): Promise<string> {
    try {
      return `event: answer\ndata: ${JSON.stringify(await ask())}\n\n`
    } catch (error) {
      const problem = problemOf(error)
      if (!problem) this.onError(error)
      return `event: problem\ndata: ${JSON.stringify(problem ?? { title: 'Internal error', status: 500 })}\n\n`
    }
  }
}

function broadcast({ listeners }: Channel, text: string): void {
  // A client that does not read loses this event, not its connection: the next one is whole again.
  for (const response of listeners) if (!response.writableNeedDrain) response.write(text)
}
