import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Connections } from '../../../stores/connections.js'
import { EngineError } from '../engine-error.js'
import type { EngineName, EngineStatus, Engines, Progress } from '../engines.js'
import { choosePorts, type PortMap, portVariable, rememberedPorts } from '../native/ports.js'
import { findTool } from '../native/tools.js'
import { probeHttp } from '../probe.js'
import { addressesOf } from '../probe-engines.js'
import { preparePrometheus } from '../prometheus-folder.js'
import { composeFile } from './compose-file.js'
import { connectionsOfCompose } from './connections-of-compose.js'

const execute = promisify(execFile)

const LIMITS = {
  /** Pulling all images over a slow line included. */
  upMs: 30 * 60_000,
  commandMs: 2 * 60_000,
  readyMs: 180_000,
  probeEveryMs: 250,
  maxOutputBytes: 16 * 1024 * 1024,
} as const

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

export interface DockerOptions {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: Progress
}

/** The engines of docker-compose.yml, as a project named after the home, so that two homes run side by side. */
export function openDockerEngines({ home, env, progress }: DockerOptions): Engines {
  const name = basename(home)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
  const project = `tandem-${name}-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`

  async function compose(args: readonly string[], ports: PortMap, timeout: number = LIMITS.commandMs): Promise<string> {
    const [command, ...first] = await composeCommand(env)
    const folder = { TANDEM_PROMETHEUS_FOLDER: join(home, 'engines', 'prometheus') }
    const portEnv = Object.fromEntries(Object.entries(ports).map(([port, value]) => [portVariable(port), `${value}`]))
    const all = [...first, '-p', project, '-f', composeFile(), ...args]
    try {
      const options = { env: { ...env, ...portEnv, ...folder }, timeout, maxBuffer: LIMITS.maxOutputBytes }
      return (await execute(command as string, all, options)).stdout
    } catch (error) {
      const lines = String((error as { stderr?: string }).stderr ?? '')
        .trim()
        .split('\n')
        .slice(-10)
      if (lines.some((line) => /no space left on device/i.test(line)))
        throw new EngineError('The disk of the Docker engine is full.', lines, { cause: error })
      throw new EngineError(`docker compose ${args[0]} failed.`, lines, { cause: error })
    }
  }

  async function container(engine: EngineName, ports: PortMap): Promise<string | null> {
    return (await compose(['ps', '-q', engine], ports)).trim().split('\n')[0] || null
  }

  async function knownPorts(): Promise<PortMap> {
    const ports = await rememberedPorts(home)
    if (COMPOSE_PORTS.some((port) => ports[port] === undefined))
      throw new EngineError(`The engines of ${home} were never started: run \`tandem up\`.`)
    return ports
  }

  async function up(): Promise<Connections> {
    const before = await rememberedPorts(home)
    const isRunning = (await compose(['ps', '-q'], before)).trim() !== ''
    const ports = await choosePorts({ home, env, names: COMPOSE_PORTS, inUse: new Set(isRunning ? COMPOSE_PORTS : []) })
    await preparePrometheus(home, 'host.docker.internal', env)
    progress('docker: starting the containers; the first time their images are fetched, which takes minutes')
    await compose(['up', '-d', '--build'], ports, LIMITS.upMs)
    const connections = connectionsOfCompose(ports)
    await Promise.all(addressesOf(connections).map(({ name: engine }) => ready(engine, ports)))
    return connections
  }

  async function ready(engine: EngineName, ports: PortMap): Promise<void> {
    const address = addressOf(engine, ports)
    const end = performance.now() + LIMITS.readyMs
    while (!(await address.probe(address.host, address.port))) {
      if (performance.now() > end) {
        const log = await compose(['logs', '--tail', '12', engine], ports)
        throw new EngineError(`${engine} did not answer within ${LIMITS.readyMs / 1000} s.`, log.trim().split('\n'))
      }
      await delay(LIMITS.probeEveryMs)
    }
    progress(`${engine}: ready on port ${address.port}`)
  }

  async function statusOf(engine: EngineName, ports: PortMap): Promise<EngineStatus> {
    const { host, port, probe } = addressOf(engine, ports)
    const id = await container(engine, ports)
    const seen = id ? await inspect(id) : null
    return {
      name: engine,
      provider: 'docker',
      port,
      pid: seen?.pid ?? null,
      rssMiB: seen?.rssMiB ?? null,
      ready: seen !== null && (await probe(host, port)),
      log: `docker compose -p ${project} logs ${engine}`,
    }
  }

  async function inspect(id: string): Promise<{ pid: number; rssMiB: number | null } | null> {
    const docker = await execute('docker', ['inspect', '--format', '{{.State.Pid}}', id], {
      env,
      timeout: LIMITS.commandMs,
    })
    const pid = Number(docker.stdout.trim())
    if (!pid) return null
    const stats = await execute('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', id], {
      env,
      timeout: LIMITS.commandMs,
    })
    return { pid, rssMiB: mebibytes(stats.stdout) }
  }

  async function composeOne(verb: readonly string[], engine: EngineName, thenReady: boolean): Promise<void> {
    const ports = await knownPorts()
    await compose([...verb, engine], ports)
    if (thenReady) await ready(engine, ports)
  }

  return {
    provider: 'docker',
    up,
    connections: async () => connectionsOfCompose(await knownPorts()),
    status: async () => {
      const ports = await knownPorts()
      return Promise.all(
        [...addressesOf(connectionsOfCompose(ports)).map((a) => a.name), 'prometheus' as const].map((engine) =>
          statusOf(engine, ports),
        ),
      )
    },
    down: async (options) => {
      await compose(['down', ...(options?.wipe ? ['--volumes'] : [])], await rememberedPorts(home))
      if (options?.wipe)
        for (const part of ['engines', 'ports.json']) await rm(join(home, part), { recursive: true, force: true })
    },
    start: (engine) => composeOne(['up', '-d', '--no-deps'], engine, true),
    stop: (engine) => composeOne(['stop'], engine, false),
    restart: (engine) => composeOne(['restart'], engine, true),
    kill: (engine) => composeOne(['kill'], engine, false),
  }
}

function addressOf(engine: EngineName, ports: PortMap) {
  const found = addressesOf(connectionsOfCompose(ports)).find(({ name }) => name === engine)
  return found ?? { name: engine, host: '127.0.0.1', port: ports[engine] ?? 0, probe: probeHttp }
}

/** Compose as part of Docker, else the older program of its own. */
async function composeCommand(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  if (!(await findTool('docker', env)))
    throw new EngineError(
      'docker was not found: install Docker Engine with its compose plugin, or set TANDEM_ENGINES=native.',
    )
  const hasPlugin = await execute('docker', ['compose', 'version'], { env, timeout: LIMITS.commandMs }).then(
    () => true,
    () => false,
  )
  if (hasPlugin) return ['docker', 'compose']
  const program = await findTool('docker-compose', env)
  if (program) return [program]
  throw new EngineError(
    'Docker has no compose here: install docker-compose-plugin (Debian: docker-compose), or set TANDEM_ENGINES=native.',
  )
}

/** `123.4MiB / 1.9GiB` → 123. Null for what Docker cannot say. */
function mebibytes(usage: string): number | null {
  const [, amount, unit] = /^([\d.]+)(KiB|MiB|GiB)/.exec(usage.trim()) ?? []
  const factor = { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit ?? '']
  return factor === undefined ? null : Math.round(Number(amount) * factor)
}
