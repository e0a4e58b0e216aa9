import { createHash } from 'node:crypto'
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asEngineError, EngineError } from '../engine-error.js'
import type { Progress } from '../engines.js'
import { withLock } from './lock.js'
import { startTimeOf } from './process.js'
import type { Tool } from './tools.js'

const LIMITS = {
  /** For another process that is provisioning the same package. */
  lockWaitMs: 12 * 60_000,
  progressMs: 10_000,
} as const

/** Something fetched once for all homes of this machine. */
export interface Package {
  readonly name: string
  /** Everything that decides the content: other text, other folder. */
  readonly recipe: string
  /** Fills `folder`, which will be renamed when it is complete: nothing in it may remember where it was made. */
  readonly install: (folder: string, options: ProvisionOptions) => Promise<void>
  /** The programs that `install` runs. */
  readonly clients: readonly Tool[]
  /** Files without which a folder is not complete, relative to it. */
  readonly proof: readonly string[]
}

export interface ProvisionOptions {
  readonly cache: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: Progress
  readonly signal?: AbortSignal
}

/** The programs without which `provision` would fail now: none when the package is there. */
export async function clientsNeeded(wanted: Package, { cache }: ProvisionOptions): Promise<readonly Tool[]> {
  return (await isComplete(folderOf(wanted, cache), wanted)) ? [] : wanted.clients
}

/**
 * The package's folder in the cache, made now if it is not there. It appears there whole or not at all; processes that
 * want the same package at the same time wait for the first, and what a killed one left is removed.
 */
export async function provision(wanted: Package, options: ProvisionOptions): Promise<string> {
  const { cache, progress, signal } = options
  const folder = folderOf(wanted, cache)
  if (await isComplete(folder, wanted)) return folder
  try {
    await mkdir(cache, { recursive: true })
    const onWait = (pid: number): void =>
      progress(`${wanted.name}: waiting for process ${pid}, which is provisioning it`)
    await withLock(`${folder}.lock`, { waitMs: LIMITS.lockWaitMs, onWait, signal }, async () => {
      if (await isComplete(folder, wanted)) return
      await sweep(cache, wanted.name)
      await make(wanted, folder, options)
    })
  } catch (error) {
    throw asEngineError(error, `provisioning ${wanted.name}`)
  }
  return folder
}

async function make(wanted: Package, folder: string, options: ProvisionOptions): Promise<void> {
  const { progress } = options
  const partial = `${folder}.partial-${process.pid}-${await startTimeOf(process.pid)}`
  const startMs = performance.now()
  const seconds = (): string => `${Math.round((performance.now() - startMs) / 1000)} s`
  progress(`${wanted.name}: provisioning into ${folder}`)
  const ticking = setInterval(() => progress(`${wanted.name}: still provisioning, ${seconds()}`), LIMITS.progressMs)
  try {
    await mkdir(partial)
    await wanted.install(partial, options)
    if (!(await isComplete(partial, wanted)))
      throw new EngineError(`${wanted.name} was provisioned, but ${wanted.proof.join(', ')} is not there.`)
    await rm(folder, { recursive: true, force: true }) // one that lost a part, such as an interpreter since removed
    await rename(partial, folder)
  } finally {
    clearInterval(ticking)
    await discard(partial)
  }
  progress(`${wanted.name}: provisioned in ${seconds()}`)
}

function folderOf({ name, recipe }: Package, cache: string): string {
  return join(cache, `${name}-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`)
}

/** Follows links: a Python environment whose interpreter has gone is not complete. */
async function isComplete(folder: string, wanted: Package): Promise<boolean> {
  const found = await Promise.all(
    wanted.proof.map((file) =>
      access(join(folder, file)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.every(Boolean)
}

/** Removes what processes that have ended left unfinished. */
async function sweep(cache: string, name: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const [, pid, startTime] = /\.partial-(\d+)-(.+)$/.exec(entry) ?? []
    if (!entry.startsWith(`${name}-`) || !pid) continue
    if ((await startTimeOf(Number(pid))) !== startTime) await discard(join(cache, entry))
  }
}

/** Tidies up. A client that was interrupted may still be writing for a moment; what then stays is swept the next time. */
async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  })
}
