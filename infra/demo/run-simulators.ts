import { setTimeout as delay } from 'node:timers/promises'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { SimulatedRecord, Simulator } from '../../core/define/pipeline.js'
import { openLog } from '../../stores/log/index.js'
import type { LogStore, ProduceRecord } from '../../stores/log/log-port.js'
import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import type { Instance } from '../instance/instance.js'

export interface SimulatorOptions {
  /** Events a second of each simulator, on average. */
  readonly rate: number
  readonly seed: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Between two rounds of sending. Short enough to look live, long enough to batch. */
const ROUND_MS = 100

/** Runs every pipeline's simulators against the installation until the signal. Resolves with the number of records sent. */
export async function runSimulators(instance: Instance, options: SimulatorOptions): Promise<number> {
  const log = await openLog((await instance.connections()).kafka, {
    clientId: 'tandem-demo',
    logger: jsonLogger('demo'),
  })
  try {
    const simulators = [...instance.catalog.simulators.values()]
    options.say(
      `simulating: ${simulators.map((simulator) => simulator.name).join(', ')} at about ${options.rate} events/s each`,
    )
    const sent = await Promise.all(
      simulators.map((simulator, i) => feed(log, instance.catalog, simulator, { ...options, seed: options.seed + i })),
    )
    return sent.reduce((sum, n) => sum + n, 0)
  } finally {
    await log.close()
  }
}

async function feed(
  log: LogStore,
  catalog: Catalog,
  simulator: Simulator,
  { rate, seed, signal }: SimulatorOptions,
): Promise<number> {
  const events = simulator.events({ seed, startMs: systemClock.now(), rate })
  let next = events.next()
  let sent = 0
  while (!signal.aborted && !next.done) {
    const due: SimulatedRecord[] = []
    const now = systemClock.now()
    for (; !next.done && next.value.atMs <= now; next = events.next()) due.push(next.value)
    await Promise.all([...byTopic(catalog, due)].map(([topic, records]) => log.produce(topic, records)))
    sent += due.length
    await delay(ROUND_MS, undefined, { signal }).catch(stopped)
  }
  return sent
}

export function byTopic(catalog: Catalog, records: readonly SimulatedRecord[]): Map<string, ProduceRecord[]> {
  const topics = new Map<string, ProduceRecord[]>()
  for (const { stream, key, value } of records) {
    const topic = catalog.streams.get(stream)?.topic
    if (!topic) throw new Error(`a simulator sends to stream "${stream}", which does not exist`)
    const record = { key, value: typeof value === 'string' ? value : JSON.stringify(value) }
    const list = topics.get(topic)
    if (list) list.push(record)
    else topics.set(topic, [record])
  }
  return topics
}

function stopped(error: Error): void {
  if (error.name !== 'AbortError') throw error
}
