import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { LogStore } from '../../stores/log/log-port.js'
import { systemClock } from '../../stores/system-clock.js'
import { searchEventDraw, wordOf } from './search-events.js'

const REQUESTS_PER_SECOND = 200
const VIEW = '/v1/views/bench-searches'
/** Between two looks for a marker: the resolution of a freshness sample. */
const LOOK_MS = 5
const BETWEEN_MARKERS_MS = 250

/** A keep-alive client that measures from sending to the last byte. */
export class ApiClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })

  constructor(private readonly base: string) {}

  /** Milliseconds and body. Rejects on anything but 200. */
  get(path: string): Promise<{ ms: number; body: string }> {
    const started = performance.now()
    return new Promise((resolve, reject) => {
      get(new URL(path, this.base), { agent: this.#agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const body = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve({ ms: performance.now() - started, body })
          else reject(new Error(`${path} answered ${response.statusCode}: ${body}`))
        })
      }).once('error', reject)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/**
 * Latencies, ms, of 200 requests a second sent when they are due, whatever became of those before: half the top 20 words of
 * the last 5 minutes, half one word per minute over the last hour.
 */
export async function queryLatencies(client: ApiClient, durationMs: number): Promise<number[]> {
  const started = performance.now()
  const answers: Promise<{ ms: number }>[] = []
  for (let n = 0; ; n++) {
    const due = started + (n * 1000) / REQUESTS_PER_SECOND
    if (due > started + durationMs) break
    const early = due - performance.now()
    if (early > 1) await delay(early)
    const answer = client.get(n % 2 === 0 ? topWords() : oneWord(n))
    answer.catch(() => undefined) // told below, after the others have been sent
    answers.push(answer)
  }
  return (await Promise.all(answers)).map(({ ms }) => ms)
}

function topWords(): string {
  return `${VIEW}?from=-5m&window=all&groupBy=word&order=-searches&limit=20`
}

function oneWord(n: number): string {
  const word = encodeURIComponent(wordOf(n % 100))
  return `${VIEW}?from=-1h&window=1m&groupBy=&filter=word:is:${word}`
}

/** Ages, ms, from before a marker event is produced until a merged answer counts it. */
export async function freshness(
  client: ApiClient,
  log: LogStore,
  topic: string,
  durationMs: number,
): Promise<number[]> {
  const draw = searchEventDraw(4)
  const ages: number[] = []
  const end = performance.now() + durationMs
  for (let n = 0; performance.now() < end; n++) {
    const word = `marker-${process.pid}-${n}`
    const started = performance.now()
    await log.produce(topic, [{ key: null, value: draw(systemClock.now(), word) }])
    const path = `${VIEW}?from=-5m&window=all&groupBy=word&filter=word:is:${word}`
    while (!(await client.get(path)).body.includes('"searches":1')) await delay(LOOK_MS)
    ages.push(performance.now() - started)
    await delay(BETWEEN_MARKERS_MS)
  }
  return ages
}

/** Nearest rank; of an empty list NaN. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round((sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN) * 10) / 10
}
