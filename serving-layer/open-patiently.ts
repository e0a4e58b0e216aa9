import type { Logger } from '../stores/logger.js'
import { pause } from './mirror/pause.js'

const BACK_OFF = { minDelayMs: 200, maxDelayMs: 5_000, multiplier: 2 } as const

export interface PatientStore<T> {
  /** The store. @throws what the last attempt to open it met, while there is none */
  get(): T
  /** Resolves once it is open; null where the signal was raised before. */
  readonly opened: Promise<T | null>
  /** Closes what was opened, and stops trying. */
  close(): Promise<void>
}

/**
 * Opens a store whose engine may be down when the process starts: tries again and again, while whoever asks for it meets
 * the reason. Once open, a store mends its connection by itself.
 */
export function openPatiently<T extends { close(): Promise<void> }>(
  name: string,
  open: () => Promise<T>,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): PatientStore<T> {
  let store: T | null = null
  let failure: Error = new Error(`${name} is being connected`)
  const run = async (): Promise<T | null> => {
    let delayMs: number = BACK_OFF.minDelayMs
    let told = ''
    while (!signal.aborted) {
      try {
        store = await open()
        return store
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
        if (failure.message !== told) logger.warn({ reason: failure.message }, `waiting for ${name}`)
        told = failure.message
      }
      await pause(delayMs, signal)
      delayMs = Math.min(BACK_OFF.maxDelayMs, delayMs * BACK_OFF.multiplier)
    }
    return null
  }
  const opened = run()
  return {
    get() {
      if (store === null) throw failure
      return store
    },
    opened,
    async close() {
      await (await opened)?.close()
    },
  }
}
