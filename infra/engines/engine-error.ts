/**
 * Something about the engines that a person can mend: a missing tool, a port in use, an engine that died. `message` is
 * one sentence and is printed without a stack; `detail` holds the lines that led to it (the end of a log), if any.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError'

  constructor(
    message: string,
    readonly detail: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Says errors of the file system that stop everything (full, read-only, forbidden) as an `EngineError`; passes others on. */
export function asEngineError(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || error instanceof EngineError) return error
  const { code, path } = error as NodeJS.ErrnoException
  const where = path ?? doing
  if (code === 'ENOSPC')
    return new EngineError(`The disk that holds ${where} is full: free some space, then try again.`, [], {
      cause: error,
    })
  if (code === 'EROFS')
    return new EngineError(
      `${where} lies on a read-only file system: set TANDEM_HOME and TANDEM_CACHE to writable folders.`,
      [],
      { cause: error },
    )
  if (code === 'EACCES' || code === 'EPERM')
    return new EngineError(
      `No permission for ${where} while ${doing}: set TANDEM_HOME and TANDEM_CACHE to writable folders.`,
      [],
      { cause: error },
    )
  return error
}
