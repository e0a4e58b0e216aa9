/**
 * Thrown when an answer cannot be given now and may be later; becomes a 503. Likely causes:
 * - an engine that the answer needs is down, and what is held does not suffice
 * - the view is still being built over the sealed epochs
 * - the collection was never filled
 * - the process has just started
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
  constructor(
    message: string,
    /** Stable word for the cause: an engine's name in lower case, `building` or `starting`. */
    readonly code:
      | 'mongodb'
      | 'lake'
      | 'redis'
      | 'kafka'
      | 'elasticsearch'
      | 'temporal'
      | 'building'
      | 'not-loaded'
      | 'starting',
    /** Further members of the problem, such as progress. */
    readonly detail: Readonly<Record<string, unknown>> = {},
    options?: { readonly cause?: unknown },
  ) {
    super(message, options)
  }
}
