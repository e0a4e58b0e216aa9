import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { asEngineError, EngineError } from '../engine-error.js'
import type { Progress } from '../engines.js'
import { withLock } from './lock.js'
import { startTimeOf } from './process.js'

const execute = promisify(execFile)

const LIMITS = {
  /** One command of a package client. */
  commandMs: 10 * 60_000,
  /** For another process that is provisioning the same package. */
  lockWaitMs: 12 * 60_000,
  progressMs: 10_000,
  maxOutputBytes: 16 * 1024 * 1024,
} as const

/** Something fetched once for all homes of this machine. */
export interface Package {
  readonly name: string
  /** Everything that decides the content: other text, other folder. */
  readonly recipe: string
  /** Fills `folder`, which will be renamed when it is complete: nothing in it may remember where it was made. */
  readonly install: (folder: string, env: NodeJS.ProcessEnv, progress: Progress) => Promise<void>
  /** Files without which a folder is not complete, relative to it. */
  readonly proof: readonly string[]
}

export interface ProvisionOptions {
  readonly cache: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: Progress
}

/**
 * The package's folder in the cache, made now if it is not there. It appears there whole or not at all; processes that
 * want the same package at the same time wait for the first, and what a killed one left is removed.
 */
export async function provision(wanted: Package, { cache, env, progress }: ProvisionOptions): Promise<string> {
  const version = createHash('sha256').update(wanted.recipe).digest('hex').slice(0, 12)
  const folder = join(cache, `${wanted.name}-${version}`)
  if (await isComplete(folder, wanted)) return folder
  try {
    await mkdir(cache, { recursive: true })
    const onWait = (pid: number): void =>
      progress(`${wanted.name}: waiting for process ${pid}, which is provisioning it`)
    await withLock(`${folder}.lock`, { waitMs: LIMITS.lockWaitMs, onWait }, async () => {
      if (await isComplete(folder, wanted)) return
      await sweep(cache, wanted.name)
      await make(wanted, folder, env, progress)
    })
  } catch (error) {
    throw asEngineError(error, `provisioning ${wanted.name}`)
  }
  return folder
}

async function make(wanted: Package, folder: string, env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  const partial = `${folder}.partial-${process.pid}-${await startTimeOf(process.pid)}`
  const startMs = performance.now()
  const seconds = (): string => `${Math.round((performance.now() - startMs) / 1000)} s`
  progress(`${wanted.name}: provisioning into ${folder}`)
  const ticking = setInterval(() => progress(`${wanted.name}: still provisioning, ${seconds()}`), LIMITS.progressMs)
  try {
    await mkdir(partial)
    await wanted.install(partial, env, progress)
    if (!(await isComplete(partial, wanted)))
      throw new EngineError(`${wanted.name} was provisioned, but ${wanted.proof.join(', ')} is not there.`)
    await rm(folder, { recursive: true, force: true }) // one that lost a part, such as an interpreter since removed
    await rename(partial, folder)
  } finally {
    clearInterval(ticking)
    await rm(partial, { recursive: true, force: true })
  }
  progress(`${wanted.name}: provisioned in ${seconds()}`)
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
    if ((await startTimeOf(Number(pid))) !== startTime) await rm(join(cache, entry), { recursive: true, force: true })
  }
}

/** Runs a package client. Throws `EngineError` with the end of what it said. */
export async function runClient(
  what: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  try {
    await execute(command, [...args], { env, timeout: LIMITS.commandMs, maxBuffer: LIMITS.maxOutputBytes })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const lines = `${stdout}\n${stderr}`
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
    if (lines.some((line) => /no space left on device/i.test(line)))
      throw new EngineError(`The disk is full: ${what} could not be finished.`, lines.slice(-5), { cause: error })
    throw new EngineError(`${what} failed; is the network there?`, lines.slice(-15), { cause: error })
  }
}
