import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { asEngineError, EngineError } from '../engine-error.js'

const run = promisify(execFile)

const LIMITS = {
  /** Between two looks at a process that is to end. */
  pollMs: 25,
  /** After SIGKILL the kernel needs a moment. */
  killMs: 5_000,
  /** A log larger than this is set aside (one generation) when its process starts. */
  maxLogBytes: 32 * 1024 * 1024,
} as const

const PidFile = z.object({ pid: z.number().int().positive(), startTime: z.string(), startedAtMs: z.number() })

export interface ProcessSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to nothing: exactly what the process sees. */
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Standard output and error are appended to it. */
  readonly logFile: string
  /** Written when it runs. The only handle: every other function here takes it. */
  readonly pidFile: string
}

export interface ProcessStatus {
  readonly pid: number
  /** Resident memory in MiB. */
  readonly rssMiB: number
  readonly startedAtMs: number
}

/**
 * Starts a process that outlives this one, in its own process group (a Ctrl-C at the terminal does not reach it).
 * If the one named in the pid file still runs, that one is kept. Throws `EngineError` when it cannot be started.
 */
export async function startProcess(spec: ProcessSpec): Promise<number> {
  const running = await processStatus(spec.pidFile)
  if (running) return running.pid
  try {
    await mkdir(dirname(spec.logFile), { recursive: true })
    await mkdir(dirname(spec.pidFile), { recursive: true })
    await setAsideLargeLog(spec.logFile)
    const log = await open(spec.logFile, 'a')
    try {
      const child = spawn(spec.command, [...spec.args], {
        cwd: spec.cwd,
        env: spec.env,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      })
      await once(child, 'spawn')
      child.unref()
      const pid = child.pid as number
      const startTime = await startTimeOf(pid)
      // A process that is gone already is found dead by whoever waits for it; its pid file must still not match another.
      await writeAtomically(
        spec.pidFile,
        JSON.stringify({ pid, startTime: startTime ?? 'gone', startedAtMs: Date.now() }),
      )
      return pid
    } finally {
      await log.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new EngineError(`${spec.name} cannot be started: ${spec.command} was not found.`, [], { cause: error })
    throw asEngineError(error, `starting ${spec.name}`)
  }
}

/** The process named in the pid file, or null when there is none, or when its pid belongs to another process by now. */
export async function processStatus(pidFile: string): Promise<ProcessStatus | null> {
  const recorded = await readPidFile(pidFile)
  if (!recorded) return null
  const seen = await look(recorded.pid)
  if (!seen || seen.startTime !== recorded.startTime) return null
  return { pid: recorded.pid, rssMiB: seen.rssMiB, startedAtMs: recorded.startedAtMs }
}

/** SIGTERM, then SIGKILL to its whole group after `graceMs` (default 10 s). True if it ran. Removes the pid file. */
export async function stopProcess(pidFile: string, graceMs = 10_000): Promise<boolean> {
  const running = await processStatus(pidFile)
  if (running) {
    send(running.pid, 'SIGTERM')
    // A stopped process (SIGSTOP) would not see SIGTERM before its SIGKILL.
    send(running.pid, 'SIGCONT')
    if (!(await gone(pidFile, graceMs))) await killProcess(pidFile)
  }
  await rm(pidFile, { force: true })
  return running !== null
}

/** SIGKILL to the process and its group, as a crash would end it. True if it ran. Removes the pid file. */
export async function killProcess(pidFile: string): Promise<boolean> {
  const running = await processStatus(pidFile)
  if (running) {
    send(-running.pid, 'SIGKILL')
    if (!(await gone(pidFile, LIMITS.killMs)))
      throw new EngineError(`Process ${running.pid} does not end, not even by SIGKILL.`)
  }
  await rm(pidFile, { force: true })
  return running !== null
}

/** Sends any signal, such as SIGSTOP. False if the process does not run. */
export async function signalProcess(pidFile: string, signal: NodeJS.Signals): Promise<boolean> {
  const running = await processStatus(pidFile)
  return running !== null && send(running.pid, signal)
}

/** What tells this run of a pid from any other process that had or gets the same number; null when nothing runs there. */
export async function startTimeOf(pid: number): Promise<string | null> {
  return (await look(pid))?.startTime ?? null
}

/** Replaces a file in one step, so that no reader meets half of it. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

async function readPidFile(path: string): Promise<z.infer<typeof PidFile> | null> {
  try {
    return PidFile.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new EngineError(`${path} is not a pid file: remove it if nothing of this home runs.`, [], { cause: error })
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw asEngineError(error, `sending ${signal} to process ${Math.abs(pid)}`)
  }
}

async function gone(pidFile: string, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (await processStatus(pidFile)) {
    if (performance.now() > end) return false
    await delay(LIMITS.pollMs)
  }
  return true
}

interface Seen {
  readonly startTime: string
  readonly rssMiB: number
}

/** Null for what is not there and for zombies: those have ended, only their parent has not asked yet. */
async function look(pid: number): Promise<Seen | null> {
  return process.platform === 'linux' ? lookInProc(pid) : lookByPs(pid)
}

async function lookInProc(pid: number): Promise<Seen | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets and may hold spaces and brackets itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state, startTime] = [fields[0], fields[19]]
    if (startTime === undefined || state === 'Z' || state === 'X') return null
    const [, rssKiB] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
    return { startTime, rssMiB: Math.round(Number(rssKiB ?? 0) / 1024) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}

async function lookByPs(pid: number): Promise<Seen | null> {
  // ps ends with 1 when no process has this pid.
  const { stdout } = await run('ps', ['-o', 'stat=,rss=,lstart=', '-p', `${pid}`]).catch(() => ({ stdout: '' }))
  const [, state, rssKiB, startTime] = /^\s*(\S+)\s+(\d+)\s+(.+?)\s*$/.exec(stdout) ?? []
  if (!state || !startTime || state.startsWith('Z')) return null
  return { startTime, rssMiB: Math.round(Number(rssKiB) / 1024) }
}

async function setAsideLargeLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (s) => s.size,
    () => 0,
  )
  if (size > LIMITS.maxLogBytes) await rename(path, `${path}.1`)
}
