import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/**
 * A folder of its own for what one DuckDB spills: two that share one would overwrite each other's files. Named after host
 * and process, so that what a killed process left can be told from what a living one uses.
 */
export function spillFolder(root: string): string {
  return join(root, '.spill', `${hostname()}.${process.pid}.${randomUUID()}`)
}

/** Removes what processes of this host left that are no more. */
export async function removeLeftSpills(root: string): Promise<void> {
  const folder = join(root, '.spill')
  for (const name of await entries(folder)) {
    const [, host, pid] = /^(.*)\.(\d+)\.[0-9a-f-]{36}$/.exec(name) ?? []
    if (host === hostname() && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw failure
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (failure) {
    // Anything else than "no such process" means that there is one.
    return (failure as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
