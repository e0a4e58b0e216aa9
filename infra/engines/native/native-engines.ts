import { existsSync } from 'node:fs'
import { mkdir, open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connections } from '../../../stores/connections.js'
import { asEngineError, EngineError } from '../engine-error.js'
import { ENGINE_NAMES, type EngineName, type EngineStatus, type Engines, type Progress } from '../engines.js'
import { kafka } from './kafka.js'
import { withLock } from './lock.js'
import { mongo } from './mongo.js'
import type { NativeEngine } from './native-engine.js'
import { choosePorts, isFree, type PortMap, portInUse, portOf, rememberedPorts } from './ports.js'
import { killProcess, processStatus, startProcess, stopProcess } from './process.js'
import { prometheus } from './prometheus.js'
import { redis } from './redis.js'
import { search } from './search.js'
import { TEMPORAL_NAMESPACE, temporal } from './temporal.js'
import { findTool, missingTools } from './tools.js'

const LIMITS = {
  probeEveryMs: 100,
  /** After SIGKILL the threads of a process close its sockets a moment after it counts as ended. */
  portFreedMs: 3_000,
  /** Another `up` or `down` of the same home, provisioning included. */
  lockWaitMs: 15 * 60_000,
  /** Below this, an engine would soon fail in the middle of a write. */
  minFreeBytes: 256 * 1024 * 1024,
  tailBytes: 16 * 1024,
  tailLines: 12,
} as const

const REQUIRED: readonly NativeEngine[] = [search, kafka, temporal, mongo, redis] // the slowest to start first

export interface NativeOptions {
  readonly home: string
  readonly cache: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: Progress
}

/** Engines as processes of this machine, their data under `<home>/engines`, their logs under `<home>/logs`. */
export function openNativeEngines({ home, cache, env, progress }: NativeOptions): Engines {
  const dataOf = (engine: NativeEngine): string => join(home, 'engines', engine.name)
  const pidFileOf = (engine: NativeEngine): string => join(home, 'run', `${engine.name}.pid`)
  const logFileOf = (engine: NativeEngine): string => join(home, 'logs', `${engine.name}.log`)
  const locked = <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    withLock(
      join(home, 'run', 'engines.lock'),
      {
        waitMs: LIMITS.lockWaitMs,
        onWait: (pid) => progress(`waiting for process ${pid}, which is starting or stopping the engines of ${home}`),
        signal,
      },
      work,
    ).catch((error: unknown) => Promise.reject(asEngineError(error, `working in ${home}`)))

  const engines = async (): Promise<readonly NativeEngine[]> =>
    (await findTool('prometheus', env)) ? [...REQUIRED, prometheus] : REQUIRED

  async function find(name: EngineName): Promise<NativeEngine> {
    const engine = (await engines()).find((candidate) => candidate.name === name)
    if (!engine) throw new EngineError(`${name} is not part of this home: its program is not installed.`)
    return engine
  }

  async function up(signal?: AbortSignal): Promise<Connections> {
    await checkDisk(home)
    const wanted = await engines()
    const running = await Promise.all(wanted.map((engine) => processStatus(pidFileOf(engine))))
    const stopped = wanted.filter((_, i) => running[i] === null)
    const options = { cache, env, progress, signal }
    const needs = await Promise.all(
      stopped.map(async (engine) => (await engine.tools(options)).map((tool) => ({ tool, neededBy: engine.name }))),
    )
    // Before anything is fetched, and all at once: nobody wants to learn of them one by one.
    const missing = await missingTools(needs.flat(), env)
    if (missing.length > 0) throw new EngineError(missing.join('\n'))
    const inUse = new Set(wanted.filter((engine) => !stopped.includes(engine)).flatMap((engine) => engine.ports))
    const ports = await choosePorts({ home, env, names: wanted.flatMap((engine) => engine.ports), inUse })
    await settled(
      wanted.map(async (engine) =>
        stopped.includes(engine)
          ? launch(engine, await engine.provision(options), ports, signal)
          : ready(engine, ports, signal),
      ),
    )
    return connectionsAt(ports)
  }

  async function launch(engine: NativeEngine, place: string, ports: PortMap, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    for (const name of engine.ports) await freed(name, portOf(ports, name))
    const data = dataOf(engine)
    await mkdir(data, { recursive: true })
    const startMs = performance.now()
    const { command, args } = await engine.prepare({ place, home, data, ports, env })
    const files = { logFile: logFileOf(engine), pidFile: pidFileOf(engine) }
    await startProcess({ name: engine.name, command, args, env, cwd: data, ...files })
    await ready(engine, ports, signal)
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    progress(`${engine.name}: ready on port ${portOf(ports, engine.ports[0])} after ${seconds} s`)
  }

  async function ready(engine: NativeEngine, ports: PortMap, signal?: AbortSignal): Promise<void> {
    const end = performance.now() + engine.readyWithinMs
    while (!(await engine.probe('127.0.0.1', portOf(ports, engine.ports[0])))) {
      signal?.throwIfAborted()
      if (!(await processStatus(pidFileOf(engine)))) throw await failure(engine, 'ended while it was starting')
      if (performance.now() > end) throw await failure(engine, `did not answer within ${engine.readyWithinMs / 1000} s`)
      await delay(LIMITS.probeEveryMs)
    }
  }

  async function failure(engine: NativeEngine, what: string): Promise<EngineError> {
    const lines = await tail(logFileOf(engine))
    if (lines.some((line) => /no space left on device/i.test(line)))
      return new EngineError(`${engine.name} ${what}, as the disk that holds ${home} is full.`, lines)
    return new EngineError(`${engine.name} ${what}; its log is ${logFileOf(engine)}.`, lines)
  }

  async function start(name: EngineName): Promise<void> {
    const engine = await find(name)
    const ports = await knownPorts()
    if (await processStatus(pidFileOf(engine))) return ready(engine, ports)
    await launch(engine, await engine.provision({ cache, env, progress }), ports)
  }

  async function stop(name: EngineName): Promise<void> {
    const engine = await find(name)
    await stopProcess(pidFileOf(engine), engine.stopWithinMs)
  }

  /** Those of the last `up`: whoever is connected knows no others. */
  async function knownPorts(): Promise<PortMap> {
    const ports = await rememberedPorts(home)
    for (const engine of REQUIRED)
      if (ports[engine.ports[0]] === undefined)
        throw new EngineError(`The engines of ${home} were never started: run \`tandem up\`.`)
    return ports
  }

  async function statusOf(engine: NativeEngine, ports: PortMap): Promise<EngineStatus> {
    const port = ports[engine.ports[0]] ?? 0
    const running = await processStatus(pidFileOf(engine))
    return {
      name: engine.name,
      provider: 'native',
      port,
      pid: running?.pid ?? null,
      rssMiB: running?.rssMiB ?? null,
      ready: running !== null && (await engine.probe('127.0.0.1', port)),
      log: logFileOf(engine),
    }
  }

  return {
    provider: 'native',
    up: async (options) => {
      try {
        return await locked(() => up(options?.signal), options?.signal)
      } catch (error) {
        if (options?.signal?.aborted)
          throw new EngineError('Starting the engines was interrupted.', [], { cause: error })
        throw error
      }
    },
    connections: async () => connectionsAt(await knownPorts()),
    status: async () => {
      const ports = await rememberedPorts(home)
      const found = await Promise.all((await engines()).map((engine) => statusOf(engine, ports)))
      return found.sort((a, b) => ENGINE_NAMES.indexOf(a.name) - ENGINE_NAMES.indexOf(b.name))
    },
    down: async (options) => {
      if (!existsSync(home)) return
      await locked(async () => {
        // All, whatever is installed now: one whose program was removed meanwhile is to stop as well.
        await settled([...REQUIRED, prometheus].map((engine) => stopProcess(pidFileOf(engine), engine.stopWithinMs)))
        if (options?.wipe)
          for (const part of ['engines', 'logs', 'ports.json'])
            await rm(join(home, part), { recursive: true, force: true })
      })
    },
    start: (name) => locked(() => start(name)),
    stop: (name) => locked(() => stop(name)),
    restart: (name) =>
      locked(async () => {
        await stop(name)
        await start(name)
      }),
    // Without the lock: a fault test kills in the middle of whatever goes on.
    kill: async (name) => void (await killProcess(pidFileOf(await find(name)))),
  }
}

function connectionsAt(ports: PortMap): Connections {
  return {
    kafka: { brokers: [`127.0.0.1:${portOf(ports, 'kafka')}`] },
    redis: { url: `redis://127.0.0.1:${portOf(ports, 'redis')}` },
    mongo: { url: `mongodb://127.0.0.1:${portOf(ports, 'mongo')}/?directConnection=true`, database: 'tandem' },
    search: { url: `http://127.0.0.1:${portOf(ports, 'search')}`, flavour: 'opensearch' },
    temporal: {
      address: `127.0.0.1:${portOf(ports, 'temporal')}`,
      namespace: TEMPORAL_NAMESPACE,
      uiUrl: `http://127.0.0.1:${portOf(ports, 'temporal-ui')}`,
    },
  }
}

async function freed(name: string, port: number): Promise<void> {
  const end = performance.now() + LIMITS.portFreedMs
  while (!(await isFree(port))) {
    if (performance.now() > end) throw portInUse(name, port)
    await delay(LIMITS.probeEveryMs)
  }
}

/** Waits for all before it throws, so that nothing goes on behind the caller's back, and throws what all had to say. */
async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const ours = failures.filter((failure) => failure instanceof EngineError)
  if (ours.length > 1 && ours.length === failures.length)
    throw new EngineError(
      ours.map(({ message }) => message).join('\n'),
      ours.flatMap(({ detail }) => detail),
      { cause: ours[0] },
    )
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof EngineError)) ?? failures[0]
}

async function checkDisk(home: string): Promise<void> {
  await mkdir(home, { recursive: true })
  const { bavail, bsize } = await statfs(home)
  if (bavail * bsize < LIMITS.minFreeBytes)
    throw new EngineError(
      `The disk that holds ${home} is full: ${Math.round((bavail * bsize) / 1024 / 1024)} MiB are left, ${LIMITS.minFreeBytes / 1024 / 1024} are needed.`,
    )
}

async function tail(path: string): Promise<string[]> {
  const size = await stat(path).then(
    (s) => s.size,
    () => 0,
  )
  if (size === 0) return []
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(Math.min(size, LIMITS.tailBytes))
    await file.read(buffer, 0, buffer.length, size - buffer.length)
    const lines = buffer.toString('utf8').trimEnd().split('\n')
    // The frames of Java's stack traces would push out the line that says what happened.
    return lines.filter((line) => !/^\s+(at |\.\.\. \d+ more)/.test(line)).slice(-LIMITS.tailLines)
  } finally {
    await file.close()
  }
}
