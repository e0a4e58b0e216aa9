/** Thrown when an engine did not answer in time; the call itself may still end later. */
export class NoReplyError extends Error {
  override readonly name = 'NoReplyError'
  constructor(
    readonly what: string,
    readonly timeoutMs: number,
  ) {
    super(`${what}: no reply within ${timeoutMs} ms`)
  }
}

/** Waits for a promise, but not for ever. The promise's own later failure is then nobody's concern. */
export function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoReplyError(what, timeoutMs)), timeoutMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
