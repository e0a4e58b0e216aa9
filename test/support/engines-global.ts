import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { EngineError, openEngines, startTimeOf } from '../../infra/engines/index.js'

const PREFIX = 'tandem-test-'
const print = (line: string): void => console.log(`engines: ${line}`)

/**
 * One set of engines for all engine tests of a run, in a home of its own that is removed at the end, also after
 * Ctrl-C. With `TANDEM_TEST_HOME` the engines of that home are used and left running.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TANDEM_TEST_HOME']
  const home = given ? resolve(given) : await newHome()
  const engines = await openEngines({ home, env: process.env, progress: print })
  const cleanUp = (): void => crash(home)
  const release = async (): Promise<void> => {
    if (given) return
    process.off('exit', cleanUp)
    // External engines are not ours to stop, nor is their data ours to remove.
    if (engines.provider !== 'external') await engines.down({ wipe: true })
    await rm(home, { recursive: true, force: true })
  }
  if (!given) {
    process.once('exit', cleanUp)
    // Without a listener of somebody's, SIGTERM would end the process without its exit event.
    process.once('SIGTERM', () => process.exit(143))
  }
  try {
    project.provide('connections', await engines.up())
    project.provide('home', home)
  } catch (error) {
    if (error instanceof EngineError) for (const line of error.detail) print(line)
    await release()
    throw error
  }
  return release
}

/** A new home that names its owner, after those of runs that were killed have been cleared away with their engines. */
async function newHome(): Promise<string> {
  for (const entry of await readdir(tmpdir())) {
    const home = join(tmpdir(), entry)
    if (!entry.startsWith(PREFIX) || (await hasOwner(home))) continue
    const left = await openEngines({ home, env: { ...process.env, TANDEM_ENGINES: 'native' }, progress: print })
    await left.down({ wipe: true })
    await rm(home, { recursive: true, force: true })
  }
  const home = await mkdtemp(join(tmpdir(), PREFIX))
  await writeFile(join(home, 'owner'), `${process.pid} ${await startTimeOf(process.pid)}`)
  return home
}

async function hasOwner(home: string): Promise<boolean> {
  // One without the file is being made at this moment.
  const owner = await readFile(join(home, 'owner'), 'utf8').catch(() => null)
  if (owner === null) return true
  const [pid, ...startTime] = owner.split(' ')
  return (await startTimeOf(Number(pid))) === startTime.join(' ')
}

/** Ends at once, without waiting, what runs in a home, and removes it: all that can be done while a process exits. */
function crash(home: string): void {
  const run = join(home, 'run')
  try {
    for (const file of readdirSync(run).filter((name) => name.endsWith('.pid'))) {
      const { pid } = JSON.parse(readFileSync(join(run, file), 'utf8')) as { pid: number }
      try {
        process.kill(-pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // nothing was started yet
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}
