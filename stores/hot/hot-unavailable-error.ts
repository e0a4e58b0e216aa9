/**
 * Thrown when Redis cannot be used now; callers pause and try again. Likely causes:
 * - it is down, starting (loading its file) or cannot be reached
 * - its memory is full (`maxmemory`): seal, so that covered epochs are dropped, or give it more
 * - it is a replica now (`READONLY`), or cannot write its file (`MISCONF`)
 */
export class HotUnavailableError extends Error {
  override readonly name = 'HotUnavailableError'
  constructor(
    /** Redis' own word (`OOM`, `LOADING`, `READONLY` …), or `CONNECTION`. */
    readonly code: string,
    cause: unknown,
  ) {
    super(`Redis is unavailable (${code}): ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
