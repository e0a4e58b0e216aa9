/**
 * Thrown when MongoDB cannot be reached or has no primary; what it was asked may or may not have happened. Serving goes
 * on with what it holds, a seal tries again. Likely causes:
 * - MongoDB is down, restarting or electing a primary
 * - the address or the network between is wrong
 */
export class WarmUnavailableError extends Error {
  override readonly name = 'WarmUnavailableError'
  constructor(
    /** Hosts and database, without credentials. */
    readonly address: string,
    cause: unknown,
  ) {
    super(`MongoDB at ${address} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
