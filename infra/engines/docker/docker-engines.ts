import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connections } from '../../../stores/connections.js'
import { EngineError } from '../engine-error.js'
import { ENGINE_NAMES, type EngineName, type EngineStatus, type Engines, type Progress } from '../engines.js'
import { choosePorts, type PortMap, portOf, rememberedPorts } from '../native/ports.js'
import { type Probe, probeHttp } from '../probe.js'
import { addressesOf } from '../probe-engines.js'
import { preparePrometheus } from '../prometheus-folder.js'
import { COMPOSE_PORTS, dockerAnswers, openCompose } from './compose.js'
import { connectionsOfCompose } from './connections-of-compose.js'

const LIMITS = {
  /** Pulling all images over a slow line included. */
  upMs: 30 * 60_000,
  readyMs: 180_000,
  probeEveryMs: 250,
  logLines: '12',
} as const

export interface DockerOptions {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: Progress
}

/** The engines of docker-compose.yml, as a project named after the home, so that two homes run side by side. */
export function openDockerEngines({ home, env, progress }: DockerOptions): Engines {
  const compose = openCompose(home, env)

  async function knownPorts(): Promise<PortMap> {
    const ports = await rememberedPorts(home)
    if (COMPOSE_PORTS.some((port) => ports[port] === undefined))
      throw new EngineError(`The engines of ${home} were never started: run \`tandem up\`.`)
    return ports
  }

  async function up(signal?: AbortSignal): Promise<Connections> {
    if (!(await dockerAnswers(env)))
      throw new EngineError('No Docker engine answers: start Docker, or set TANDEM_ENGINES=native.')
    const isRunning = (await compose.run(['ps', '-q'], await rememberedPorts(home), { signal })).trim() !== ''
    const ports = await choosePorts({ home, env, names: COMPOSE_PORTS, inUse: new Set(isRunning ? COMPOSE_PORTS : []) })
    // Prometheus runs in a container, the serving layer on its host.
    await preparePrometheus(home, 'host.docker.internal', env)
    progress('docker: starting the containers; the first time their images are fetched, which takes minutes')
    await compose.run(['up', '-d', '--build'], ports, { timeoutMs: LIMITS.upMs, signal })
    const connections = connectionsOfCompose(ports)
    await Promise.all(addressesOf(connections).map(({ name }) => ready(name, ports, signal)))
    return connections
  }

  async function ready(engine: EngineName, ports: PortMap, signal?: AbortSignal): Promise<void> {
    const { probe, host, port } = addressOf(engine, ports)
    const end = performance.now() + LIMITS.readyMs
    while (!(await probe(host, port))) {
      signal?.throwIfAborted()
      if (performance.now() > end) {
        const log = await compose.run(['logs', '--tail', LIMITS.logLines, engine], ports)
        throw new EngineError(`${engine} did not answer within ${LIMITS.readyMs / 1000} s.`, log.trim().split('\n'))
      }
      await delay(LIMITS.probeEveryMs)
    }
    progress(`${engine}: ready on port ${port}`)
  }

  async function statusOf(name: EngineName, ports: PortMap): Promise<EngineStatus> {
    const { host, port, probe } = addressOf(name, ports)
    const seen = await compose.inspect(name, ports)
    return {
      name,
      provider: 'docker',
      port,
      pid: seen?.pid ?? null,
      rssMiB: seen?.rssMiB ?? null,
      ready: seen !== null && (await probe(host, port)),
      log: `docker compose -p ${compose.project} logs ${name}`,
    }
  }

  async function one(verb: readonly string[], engine: EngineName): Promise<void> {
    await compose.run([...verb, engine], await knownPorts())
  }

  async function oneReady(verb: readonly string[], engine: EngineName): Promise<void> {
    await one(verb, engine)
    await ready(engine, await knownPorts())
  }

  return {
    provider: 'docker',
    up: async ({ signal } = {}) => {
      try {
        return await up(signal)
      } catch (error) {
        if (signal?.aborted) throw new EngineError('Starting the engines was interrupted.', [], { cause: error })
        throw error
      }
    },
    connections: async () => connectionsOfCompose(await knownPorts()),
    status: async () => {
      const ports = await knownPorts()
      return Promise.all(ENGINE_NAMES.map((name) => statusOf(name, ports)))
    },
    down: async ({ wipe } = {}) => {
      await compose.run(['down', ...(wipe ? ['--volumes'] : [])], await rememberedPorts(home))
      if (wipe)
        for (const part of ['engines', 'ports.json']) await rm(join(home, part), { recursive: true, force: true })
    },
    start: (engine) => oneReady(['up', '-d', '--no-deps'], engine),
    stop: (engine) => one(['stop'], engine),
    restart: (engine) => oneReady(['restart'], engine),
    kill: (engine) => one(['kill'], engine),
  }
}

function addressOf(engine: EngineName, ports: PortMap): { host: string; port: number; probe: Probe } {
  const found = addressesOf(connectionsOfCompose(ports)).find(({ name }) => name === engine)
  return found ?? { host: '127.0.0.1', port: portOf(ports, engine), probe: probeHttp }
}
