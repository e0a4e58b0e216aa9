import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { EngineError } from '../engine-error.js'
import { type PortMap, portVariable } from '../native/ports.js'
import { findTool } from '../native/tools.js'
import { composeFile } from './compose-file.js'

const execute = promisify(execFile)

const LIMITS = { answerMs: 5_000, commandMs: 2 * 60_000, maxOutputBytes: 16 * 1024 * 1024, detailLines: 10 } as const

/** Every port that docker-compose.yml publishes, by its name in `TANDEM_PORT_<NAME>`. */
export const COMPOSE_PORTS = [
  'kafka',
  'redis',
  'mongo',
  'search',
  'kibana',
  'temporal',
  'temporal-ui',
  'prometheus',
  'grafana',
] as const

export interface ComposeOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** `docker compose` on docker-compose.yml, for one home. */
export interface Compose {
  readonly project: string
  /** Runs `docker compose <args>` with these ports and returns what it printed. Throws `EngineError`. */
  run(args: readonly string[], ports: PortMap, options?: ComposeOptions): Promise<string>
  /** The process and memory of a service's container, or null when it does not run. */
  inspect(service: string, ports: PortMap): Promise<{ pid: number; rssMiB: number | null } | null>
}

export function openCompose(home: string, env: NodeJS.ProcessEnv): Compose {
  const project = projectOf(home)

  async function run(
    args: readonly string[],
    ports: PortMap,
    { timeoutMs = LIMITS.commandMs, signal }: ComposeOptions = {},
  ): Promise<string> {
    const [command, ...first] = await composeCommand(env)
    const all = [...first, '-p', project, '-f', composeFile(), ...args]
    try {
      const options = { timeout: timeoutMs, signal, maxBuffer: LIMITS.maxOutputBytes }
      return (await execute(command, all, { ...options, env: { ...env, ...composeVariables(home, ports) } })).stdout
    } catch (error) {
      signal?.throwIfAborted()
      const stderr = String((error as { stderr?: string }).stderr ?? '')
      const lines = stderr.trim().split('\n').slice(-LIMITS.detailLines)
      if (/no space left on device/i.test(stderr))
        throw new EngineError('The disk of the Docker engine is full.', lines, { cause: error })
      throw new EngineError(`docker compose ${args[0]} failed.`, lines, { cause: error })
    }
  }

  async function inspect(service: string, ports: PortMap): Promise<{ pid: number; rssMiB: number | null } | null> {
    const [id] = (await run(['ps', '-q', service], ports)).trim().split('\n')
    if (!id) return null
    const docker = (...args: string[]): Promise<string> =>
      execute('docker', args, { env, timeout: LIMITS.commandMs }).then(({ stdout }) => stdout.trim())
    const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', id))
    // Docker says 0 for a container that has ended.
    return pid
      ? { pid, rssMiB: mebibytes(await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id)) }
      : null
  }

  return { project, run, inspect }
}

/** Whether a Docker engine can be used from here. */
export async function dockerAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
  const docker = await findTool('docker', env)
  if (!docker) return false
  // The program may be there without an engine: only the engine knows its version.
  const version = ['version', '--format', '{{.Server.Version}}']
  return execute(docker, version, { env, timeout: LIMITS.answerMs }).then(
    () => true,
    () => false,
  )
}

/** What docker-compose.yml reads from its environment. */
export function composeVariables(home: string, ports: PortMap): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [portVariable(name), `${port}`])),
    TANDEM_PROMETHEUS_FOLDER: join(home, 'engines', 'prometheus'),
  }
}

/** A name for people, made unique by the home's path. */
function projectOf(home: string): string {
  const name = basename(home)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
  return `tandem-${name}-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`
}

/** Compose as part of Docker, else the older program of its own. */
async function composeCommand(env: NodeJS.ProcessEnv): Promise<[string, ...string[]]> {
  const hasPlugin = await execute('docker', ['compose', 'version'], { env, timeout: LIMITS.commandMs }).then(
    () => true,
    () => false,
  )
  if (hasPlugin) return ['docker', 'compose']
  const program = await findTool('docker-compose', env)
  if (program) return [program]
  throw new EngineError(
    'Docker has no compose here: install its compose plugin (Debian: apt-get install docker-compose), or set TANDEM_ENGINES=native.',
  )
}

/** `123.4MiB / 1.9GiB` → 123. Null for what Docker cannot say. */
function mebibytes(usage: string): number | null {
  const [, amount, unit] = /^([\d.]+)(KiB|MiB|GiB)/.exec(usage) ?? []
  const factor = { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit ?? '']
  return factor === undefined ? null : Math.round(Number(amount) * factor)
}
