import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HotUnavailableError, type LayerHealth, openHot } from '../../stores/hot/index.js'
import { EngineError, killProcess, processStatus, startProcess, stopProcess } from '../engines/index.js'
import { rememberedApiPort } from './free-port.js'
import type { Home } from './home.js'
import type { Instance } from './instance.js'
import { until } from './until.js'

/** In starting order: the API last, so that what it answers is fed. */
export const LAYERS = ['speed', 'worker', 'serve'] as const
export type Layer = (typeof LAYERS)[number]

export interface LayerStatus {
  readonly name: Layer
  readonly pid: number | null
  readonly rssMiB: number | null
  readonly ready: boolean
}

const REPORTED_AS: Readonly<Record<Layer, LayerHealth['layer']>> = {
  speed: 'speed',
  worker: 'worker',
  serve: 'serving',
}
const LIMITS = { readyMs: 90_000, stopMs: 8_000, pollMs: 100 } as const
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url))
/** V8 settings per layer: a young generation that fits a batch in the hot loop, small heaps elsewhere. */
const NODE_FLAGS: Readonly<Record<Layer, readonly string[]>> = {
  speed: ['--max-semi-space-size=32'],
  worker: ['--max-old-space-size=1024'],
  serve: ['--max-semi-space-size=16'],
}

/** glibc keeps an arena per thread and rarely gives memory back; with DuckDB's threads that costs some 100 MB. */
const LEAN_MALLOC = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '1048576',
  MALLOC_MMAP_THRESHOLD_: '262144',
} as const

/** Starts a layer as a process of its own unless it runs already. */
export async function startLayer(instance: Instance, layer: Layer): Promise<void> {
  const { home, env } = instance
  await startProcess({
    name: `the ${layer} layer`,
    command: process.execPath,
    args: [...NODE_FLAGS[layer], MAIN, layer],
    env: { ...LEAN_MALLOC, ...env, TANDEM_HOME: home.root },
    cwd: process.cwd(),
    logFile: logFile(home, layer),
    pidFile: pidFile(home, layer),
  })
}

export async function stopLayer(home: Home, layer: Layer): Promise<void> {
  await stopProcess(pidFile(home, layer), LIMITS.stopMs)
}

/** SIGKILL, for the fault tests and `demo --chaos`. */
export async function killLayer(home: Home, layer: Layer): Promise<void> {
  await killProcess(pidFile(home, layer))
}

/** Waits until every given layer answers; throws with the end of its log when one dies or takes too long. */
export async function waitForLayers(instance: Instance, layers: readonly Layer[] = LAYERS): Promise<void> {
  const ready = await until(
    async () => {
      const all = (await layerStatus(instance)).filter(({ name }) => layers.includes(name))
      const dead = all.find(({ pid }) => pid === null)
      if (dead) throw await layerError(instance.home, dead.name, 'ended while starting')
      return all.every((layer) => layer.ready)
    },
    { withinMs: LIMITS.readyMs, everyMs: LIMITS.pollMs },
  )
  if (ready) return
  const late = (await layerStatus(instance)).find((layer) => layers.includes(layer.name) && !layer.ready)
  if (late) throw await layerError(instance.home, late.name, `was not ready within ${LIMITS.readyMs / 1000} s`)
}

export async function layerStatus(instance: Instance): Promise<readonly LayerStatus[]> {
  const processes = await Promise.all(LAYERS.map((layer) => processStatus(pidFile(instance.home, layer))))
  const reports = processes.some(Boolean) ? await readyReports(instance) : []
  return LAYERS.map((name, i) => {
    const running = processes[i] ?? null
    return {
      name,
      pid: running?.pid ?? null,
      rssMiB: running?.rssMiB ?? null,
      ready:
        running !== null && reports.some((report) => report.layer === REPORTED_AS[name] && isOf(report, running.pid)),
    }
  })
}

export async function apiUrl(home: Home): Promise<string | null> {
  const port = await rememberedApiPort(home)
  return port ? `http://127.0.0.1:${port}` : null
}

/** Whether a layer reports itself, on whatever machine it runs. */
export async function isReported(instance: Instance, layer: Layer): Promise<boolean> {
  return (await readyReports(instance)).some((report) => report.layer === REPORTED_AS[layer])
}

/** Layers report themselves in Redis. */
async function readyReports(instance: Instance): Promise<readonly LayerHealth[]> {
  const hot = await openHot((await instance.connections()).redis)
  try {
    return (await hot.health()).filter((report) => report.ready)
  } catch (error) {
    if (error instanceof HotUnavailableError) return [] // without Redis no layer is ready, which is the answer
    throw error
  } finally {
    await hot.close()
  }
}

/** An instance is named after its host and pid. */
function isOf(report: LayerHealth, pid: number): boolean {
  return report.instance.split(/[:-]/).includes(`${pid}`)
}

async function layerError(home: Home, layer: Layer, what: string): Promise<EngineError> {
  const log = await readFile(logFile(home, layer), 'utf8').catch(() => '')
  return new EngineError(
    `The ${layer} layer ${what}; its log is ${logFile(home, layer)}.`,
    log.trimEnd().split('\n').slice(-8),
  )
}

const pidFile = (home: Home, layer: Layer) => join(home.run, `${layer}.pid`)
const logFile = (home: Home, layer: Layer) => join(home.logs, `${layer}.log`)
