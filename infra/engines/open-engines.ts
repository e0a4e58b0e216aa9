import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { dockerAnswers } from './docker/compose.js'
import { openDockerEngines } from './docker/docker-engines.js'
import { asEngineError, EngineError } from './engine-error.js'
import { type Engines, PROVIDERS, type Progress, type Provider } from './engines.js'
import { EXTERNAL_VARIABLES } from './external/connections-from-env.js'
import { openExternalEngines } from './external/external-engines.js'
import { openNativeEngines } from './native/native-engines.js'
import { writeAtomically } from './native/process.js'

export interface OpenEnginesOptions {
  /** Folder of this installation's data. */
  readonly home: string
  /** Folder for what is fetched once per machine; default `TANDEM_CACHE`, else `$XDG_CACHE_HOME/tandem`, else `~/.cache/tandem`. */
  readonly cache?: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: Progress
}

/** Opens the engines of a home with the provider of `chooseProvider`. Starts nothing. */
export async function openEngines({ home, cache, env, progress }: OpenEnginesOptions): Promise<Engines> {
  const root = resolve(home)
  const provider = await chooseProvider(root, env)
  if (provider === 'external') return openExternalEngines(env)
  const engines =
    provider === 'docker'
      ? openDockerEngines({ home: root, env, progress })
      : openNativeEngines({ home: root, cache: resolve(cache ?? defaultCache(env)), env, progress })
  return {
    ...engines,
    up: async (options) => {
      await remember(root, provider)
      return engines.up(options)
    },
  }
}

async function remember(home: string, provider: Provider): Promise<void> {
  try {
    await mkdir(home, { recursive: true })
    await writeAtomically(providerFile(home), `${provider}\n`)
  } catch (error) {
    throw asEngineError(error, `preparing ${home}`)
  }
}

const providerFile = (home: string): string => join(home, 'provider')

/**
 * `TANDEM_ENGINES` if set; external if an engine's address is in the environment; else what this home has used before,
 * as its data lies there; else docker where a Docker engine answers; else native.
 */
export async function chooseProvider(home: string, env: NodeJS.ProcessEnv): Promise<Provider> {
  const asked = env['TANDEM_ENGINES']
  if (asked) {
    const provider = PROVIDERS.find((known) => known === asked)
    if (!provider) throw new EngineError(`TANDEM_ENGINES is "${asked}": it must be one of ${PROVIDERS.join(', ')}.`)
    return provider
  }
  if (EXTERNAL_VARIABLES.some((name) => env[name])) return 'external'
  const used = await readFile(providerFile(home), 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  if (used === 'docker' || used === 'native') return used
  return (await dockerAnswers(env)) ? 'docker' : 'native'
}

export function defaultCache(env: NodeJS.ProcessEnv): string {
  return env['TANDEM_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tandem')
}
