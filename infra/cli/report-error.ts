import { EngineError } from '../engines/index.js'
import { UserError } from '../instance/user-error.js'

/** Prints what went wrong and returns the exit code: one sentence where a person can mend it, the stack where only we can. */
export function reportError(error: unknown): number {
  if (error instanceof EngineError) {
    console.error(error.message)
    for (const line of error.detail) console.error(`  ${line}`)
  } else if (error instanceof UserError || isTold(error)) console.error(error.message)
  else if (error instanceof Error && isUnavailable(error))
    console.error(`${error.message}\nIs this installation up? Try: tandem status`)
  else console.error(error instanceof Error ? (error.stack ?? error.message) : error)
  return 1
}

/** By its name, so that commands which need no Temporal do not load its client. */
function isTold(error: unknown): error is Error {
  return error instanceof Error && ['RefusedError', 'RunFailedError'].includes(error.name)
}

function isUnavailable(error: Error): boolean {
  return (
    /Unavailable/.test(error.name) ||
    ['ECONNREFUSED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')
  )
}
