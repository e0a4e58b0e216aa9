import { AbandonedError } from './patiently.js'

/** Waits, or until the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

/** Rejects with `AbandonedError` when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<never> {
  const stop = new Promise<never>((_, reject) => {
    const abandon = (): void => reject(new AbandonedError('stopped'))
    if (signal.aborted) abandon()
    else signal.addEventListener('abort', abandon, { once: true })
  })
  stop.catch(() => undefined) // whoever races against it hears of it
  return stop
}

/** Waits for the work for so long, then goes on without it; it fails unheard after that. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  work.catch(() => undefined)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
