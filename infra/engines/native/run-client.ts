import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EngineError } from '../engine-error.js'

const execute = promisify(execFile)

const LIMITS = { commandMs: 10 * 60_000, maxOutputBytes: 16 * 1024 * 1024, detailLines: 12 } as const

export interface ClientOptions {
  readonly env: NodeJS.ProcessEnv
  /** Ends the client when it aborts. */
  readonly signal?: AbortSignal
}

/** Runs a package client (Maven, pip, apt-get, javac). Throws `EngineError` with what it said, or the signal's reason. */
export async function runClient(
  what: string,
  command: string,
  args: readonly string[],
  { env, signal }: ClientOptions,
): Promise<void> {
  try {
    await execute(command, [...args], { env, signal, timeout: LIMITS.commandMs, maxBuffer: LIMITS.maxOutputBytes })
  } catch (error) {
    // At the terminal, Ctrl-C reaches the client as well: its failure is then no failure of its own.
    signal?.throwIfAborted()
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const lines = meaningful(`${stdout}\n${stderr}`)
    if (lines.some((line) => /no space left on device/i.test(line)))
      throw new EngineError(`The disk is full: ${what} could not be finished.`, lines, { cause: error })
    throw new EngineError(`${what} failed; is the network there?`, lines, { cause: error })
  }
}

/** Without colours, blank lines and Maven's advice on how to run Maven. */
function meaningful(output: string): string[] {
  const lines = output
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is made of
    .replace(/\x1B\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter(
      (line) =>
        line !== '' &&
        line !== '[ERROR]' &&
        !/\[Help 1\]$|full stack trace|full debug logging|the following articles/.test(line),
    )
  const errors = lines.filter((line) => /error/i.test(line))
  return (errors.length > 0 ? errors : lines).slice(-LIMITS.detailLines)
}
