import { setTimeout as pause } from 'node:timers/promises'
import { errors } from '@elastic/elasticsearch'
import type { CompiledSearchOptions } from './search-options.js'
import { SearchUnavailableError } from './search-unavailable-error.js'

/** Too many requests, or a node that is starting, leaving or behind a proxy that cannot reach it. */
const PASSING = new Set([429, 502, 503, 504])

/** Whether a status says that the same request may succeed later. */
export function mayPass(status: number | undefined): boolean {
  return status !== undefined && PASSING.has(status)
}

/** The pauses between attempts; ends after `maxAttempts`. */
export async function* attempts({
  maxAttempts,
  minDelayMs,
  maxDelayMs,
}: CompiledSearchOptions): AsyncGenerator<number> {
  for (let attempt = 1, delayMs = minDelayMs; attempt <= maxAttempts; attempt++) {
    yield attempt
    if (attempt === maxAttempts) return
    await pause(delayMs)
    delayMs = Math.min(delayMs * 2, maxDelayMs)
  }
}

/**
 * Repeats a request that may be repeated while the engine does not take it.
 * @throws SearchUnavailableError after the last attempt
 */
export async function withRetries<T>(
  address: string,
  options: CompiledSearchOptions,
  request: () => Promise<T>,
): Promise<T> {
  let last: unknown
  for await (const _ of attempts(options)) {
    try {
      return await request()
    } catch (failure) {
      if (!isPassing(failure)) throw failure
      last = failure
    }
  }
  throw new SearchUnavailableError(address, last)
}

function isPassing(failure: unknown): boolean {
  if (failure instanceof errors.ResponseError) return mayPass(failure.statusCode)
  return (
    failure instanceof errors.ConnectionError ||
    failure instanceof errors.TimeoutError ||
    failure instanceof errors.NoLivingConnectionsError
  )
}
