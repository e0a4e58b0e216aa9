import { ApplicationFailure } from '@temporalio/common'

/**
 * Thrown where what was asked for is refused, in words that a person can act on. Likely causes:
 * - an id that is mistyped, or of something that has ended
 * - somebody else decided meanwhile
 */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** The refusal that failed a run; anything else as it is. */
export function refusalOf(error: unknown): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type === 'SnapshotRefusedError')
      return new RefusedError(at.message, { cause: error })
  }
  return error
}
