/**
 * Thrown where what was asked for is refused, in words that a person can act on. Likely causes:
 * - an id that is mistyped, or of something that has ended
 * - somebody else decided meanwhile
 * - a guard halted the stream: the message holds the command that releases it
 */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** Thrown where a run broke off; what its steps met is in Temporal, under the run's id, and in the worker's log. */
export class RunFailedError extends Error {
  override readonly name = 'RunFailedError'
  constructor(
    readonly run: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`run ${run} failed: ${reason}`, options)
  }
}
