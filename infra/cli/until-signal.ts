/** npm hands a Ctrl-C on to its child, which has had it from the terminal already: what comes this soon is the same one. */
const SAME_MS = 1_000

/** A signal that aborts on the first Ctrl-C or SIGTERM. A second one ends the process at once. */
export function untilSignal(): AbortSignal {
  const controller = new AbortController()
  let firstAt = 0
  const stop = () => {
    if (!controller.signal.aborted) {
      firstAt = performance.now()
      controller.abort()
    } else if (performance.now() - firstAt > SAME_MS) process.exit(130)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}
