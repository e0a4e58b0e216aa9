import type { Logger } from '../stores/logger.js'
import type { StreamSettings, WarmStore } from '../stores/warm/warm-port.js'
import { pause } from './mirror/pause.js'

const BACK_OFF = { minDelayMs: 200, maxDelayMs: 2_000, multiplier: 1.5 } as const

/** Waits until MongoDB has the settings of all streams; null where the signal was raised before. */
export async function awaitStreams(
  streams: readonly string[],
  {
    warm,
    logger,
    signal,
  }: { readonly warm: Pick<WarmStore, 'streams'>; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<readonly StreamSettings[] | null> {
  let delayMs: number = BACK_OFF.minDelayMs
  let told = ''
  while (!signal.aborted) {
    const found = await settingsOf(streams, warm)
    if (found.settings) return found.settings
    if (found.waitingFor !== told) logger.info({ for: found.waitingFor }, 'waiting')
    told = found.waitingFor
    await pause(delayMs, signal)
    delayMs = Math.min(BACK_OFF.maxDelayMs, delayMs * BACK_OFF.multiplier)
  }
  return null
}

type Found = { readonly settings: readonly StreamSettings[] } | { readonly settings: null; readonly waitingFor: string }

async function settingsOf(streams: readonly string[], warm: Pick<WarmStore, 'streams'>): Promise<Found> {
  try {
    const settings = await warm.streams()
    const missing = streams.filter((name) => !settings.some(({ stream }) => stream === name))
    if (missing.length === 0) return { settings }
    return { settings: null, waitingFor: `streams to be prepared: ${missing.join(', ')}` }
  } catch (error) {
    return { settings: null, waitingFor: `MongoDB: ${error instanceof Error ? error.message : String(error)}` }
  }
}
