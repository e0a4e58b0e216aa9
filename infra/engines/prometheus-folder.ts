import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { givenPort } from './native/ports.js'
import { writeAtomically } from './native/process.js'

/** Where the API listens unless something says otherwise. */
const DEFAULT_API_PORT = 8080

const Targets = z.tuple([z.object({ targets: z.tuple([z.string()]) })])

/**
 * Prepares the folder of Prometheus in a home: its settings, and its target, the serving layer. `apiHost` is this
 * machine as Prometheus sees it. A target that is known already is kept.
 */
export async function preparePrometheus(home: string, apiHost: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = prometheusFolder(home)
  await mkdir(folder, { recursive: true })
  const settings = fileURLToPath(new URL('../prometheus/prometheus.yml', import.meta.url))
  await copyFile(settings, join(folder, 'prometheus.yml'))
  const known = await readTarget(folder)
  if (!known?.startsWith(`${apiHost}:`))
    await writeTarget(folder, `${apiHost}:${givenPort('api', env) ?? DEFAULT_API_PORT}`)
  return folder
}

/**
 * Tells the Prometheus of a home, running or not, on which port of this machine the serving layer answers `/metrics`.
 * Does nothing in a home without Prometheus. Prometheus notices by itself.
 */
export async function pointPrometheusAt(home: string, apiPort: number): Promise<void> {
  const folder = prometheusFolder(home)
  const known = await readTarget(folder)
  if (known) await writeTarget(folder, known.replace(/:\d+$/, `:${apiPort}`))
}

async function readTarget(folder: string): Promise<string | null> {
  try {
    return Targets.parse(JSON.parse(await readFile(join(folder, 'targets.json'), 'utf8')))[0].targets[0]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function writeTarget(folder: string, target: string): Promise<void> {
  await writeAtomically(join(folder, 'targets.json'), `${JSON.stringify([{ targets: [target] }])}\n`)
}

const prometheusFolder = (home: string): string => join(home, 'engines', 'prometheus')
