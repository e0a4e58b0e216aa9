import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type Engines, openEngines } from '../../infra/engines/index.js'

/**
 * One set of engines for all engine tests of a run, in a home of its own that is removed at the end. With
 * `TANDEM_TEST_HOME` the engines of that home are used and left running.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TANDEM_TEST_HOME']
  const home = given ? resolve(given) : await mkdtemp(join(tmpdir(), 'tandem-test-'))
  const engines = await openEngines({ home, env: process.env, progress: (line) => console.log(`engines: ${line}`) })
  const release = async (): Promise<void> => {
    if (given) return
    // External engines are not ours to stop, and their data not ours to remove.
    if (engines.provider !== 'external') await engines.down({ wipe: true })
    await rm(home, { recursive: true, force: true })
  }
  try {
    project.provide('connections', await engines.up())
    project.provide('home', home)
  } catch (error) {
    await explain(engines, error)
    await release()
    throw error
  }
  return release
}

async function explain(engines: Engines, error: unknown): Promise<void> {
  const { detail = [] } = error as { detail?: readonly string[] }
  for (const line of detail) console.error(`  ${line}`)
  console.error(`The ${engines.provider} engines for the tests did not start.`)
}
