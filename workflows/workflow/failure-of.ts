import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow'

/** Whether a step said that what it was given no longer fits what is in force: compute it again. */
export function isStale(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'StaleSegmentsError'
  )
}

/**
 * What a failed step said, from the innermost cause, which is the one worth telling.
 * @throws the error itself where the run was cancelled: then nothing more is to be done
 */
export function reasonOf(error: unknown): string {
  if (isCancellation(error)) throw error
  let innermost = error
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause
  return innermost instanceof Error ? innermost.message : String(innermost)
}
