import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../stores/logger.js'
import type { WarmStore } from '../stores/warm/warm-port.js'

const WAIT = { minDelayMs: 200, maxDelayMs: 5_000, multiplier: 1.6 }

/** Waits until every stream is registered in MongoDB, which is done before layers start; says what it waits for. */
export async function awaitStreams(
  warm: WarmStore,
  streams: readonly string[],
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  let said = ''
  for (let delayMs = WAIT.minDelayMs; ; delayMs = Math.min(delayMs * WAIT.multiplier, WAIT.maxDelayMs)) {
    const registered = new Set((await warm.streams()).map((settings) => settings.stream))
    const missing = streams.filter((stream) => !registered.has(stream))
    if (missing.length === 0) return
    if (said !== missing.join()) logger.info({ missing }, 'waiting for streams to be registered in MongoDB')
    said = missing.join()
    await delay(delayMs, undefined, { signal })
  }
}
