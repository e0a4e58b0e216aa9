import { RETRY } from './limits.js'

/** Thrown where work was given up while it waited; whoever gave it up has nothing to be told. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError'
}

export interface PatientlyOptions {
  /** Whether the error passes by itself; any other is thrown. @default every one does */
  readonly passes?: (error: unknown) => boolean
  /** Told of each failed attempt. */
  readonly onWait: (reason: string) => void
  /** True once nobody needs the result any more. */
  readonly abandoned: () => boolean
}

/** Repeats work while an engine is away, with growing delays and for ever. @throws AbandonedError, or what does not pass */
export async function patiently<T>(
  work: () => Promise<T>,
  { passes, onWait, abandoned }: PatientlyOptions,
): Promise<T> {
  for (let delayMs: number = RETRY.minDelayMs; ; delayMs = Math.min(delayMs * RETRY.multiplier, RETRY.maxDelayMs)) {
    try {
      const result = await work()
      if (abandoned()) throw new AbandonedError('given up')
      return result
    } catch (error) {
      if (error instanceof AbandonedError || abandoned()) throw new AbandonedError('given up', { cause: error })
      if (passes && !passes(error)) throw error
      onWait(error instanceof Error ? error.message : String(error))
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      if (abandoned()) throw new AbandonedError('given up', { cause: error })
    }
  }
}
