import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../engine-error.js'
import { startTimeOf } from './process.js'

const LIMITS = { pollMs: 200 } as const

export interface LockOptions {
  /** How long to wait for another process that holds it. */
  readonly waitMs: number
  /** Called once, with its pid, when another process holds it. */
  readonly onWait?: (pid: number) => void
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal
}

/**
 * Runs `work` while holding a lock file that names this process. A lock whose process has ended is taken over, so a
 * crash leaves none behind. Throws `EngineError` when a living process holds it for longer than `waitMs`.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(path, options)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

let sequence = 0

async function acquire(path: string, { waitMs, onWait, signal }: LockOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  // Two locks of one process (say two homes) must not share the temporary file.
  const mine = `${path}.${process.pid}.${sequence++}`
  await writeFile(mine, `${process.pid} ${await startTimeOf(process.pid)}`)
  const end = performance.now() + waitMs
  let told = false
  try {
    for (;;) {
      if (await linked(mine, path)) return
      const holder = await readLock(path)
      if (!holder) continue
      if ((await startTimeOf(holder.pid)) !== holder.startTime) {
        await takeAway(path, holder.text, `${mine}.stale`)
        continue
      }
      signal?.throwIfAborted()
      if (!told) onWait?.(holder.pid)
      told = true
      if (performance.now() > end)
        throw new EngineError(
          `Process ${holder.pid} has held ${path} for more than ${waitMs / 1000} s: end it, then try again.`,
        )
      await delay(LIMITS.pollMs)
    }
  } finally {
    await rm(mine, { force: true })
  }
}

/** Creating by link is exclusive, and the file is never seen without its content. */
async function linked(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readLock(path: string): Promise<{ pid: number; startTime: string; text: string } | null> {
  try {
    const text = await readFile(path, 'utf8')
    const [pid, ...startTime] = text.split(' ')
    return { pid: Number(pid), startTime: startTime.join(' '), text }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Of several that find the same stale lock one renames it; one that renamed a fresh lock by accident puts it back. */
async function takeAway(path: string, staleText: string, aside: string): Promise<void> {
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== staleText) await linked(aside, path)
  await rm(aside, { force: true })
}
