import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../core/simulate/seeded-random.js'
import { jsonLogger } from '../../stores/logger.js'
import { openWorkflows } from '../../workflows/client.js'
import type { Instance } from '../instance/instance.js'
import { killLayer, startLayer, waitForLayers } from '../instance/layers.js'
import { UserError } from '../instance/user-error.js'
import { printVerdict } from '../verify/print-verdict.js'
import { verify } from '../verify/verify.js'
import { chaosFeed } from './chaos-feed.js'
import { type ChaosAction, chaosPlan } from './chaos-plan.js'
import { wipeRedis } from './wipe-redis.js'

export interface ChaosOptions {
  readonly rate: number
  readonly seed: number
  readonly minutes: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Feeds the installation while breaking it by plan, then recounts everything. True at drift 0. */
export async function runChaos(
  instance: Instance,
  { rate, seed, minutes, signal, say }: ChaosOptions,
): Promise<boolean> {
  if (instance.engines.provider === 'external')
    throw new UserError('Chaos kills and wipes engines: it runs only on engines that Tandem started itself.')
  const random = seededRandom(seed)
  const plan = chaosPlan(random, minutes * 60_000)
  const done = new AbortController()
  const feed = chaosFeed(instance, { rate, seed, random, signal: AbortSignal.any([signal, done.signal]) })
  const seals: Promise<unknown>[] = []
  const started = performance.now()
  try {
    for (const { afterMs, action } of plan) {
      await Promise.race([delay(Math.max(0, started + afterMs - performance.now()), undefined, { signal }), feed])
      say(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${action}`)
      await ACTIONS[action](instance, seals)
    }
    await delay(Math.max(0, started + minutes * 60_000 - performance.now()), undefined, { signal })
  } finally {
    done.abort()
  }
  say(`${await feed} records sent; waiting for the layers`)
  await waitForLayers(instance)
  await Promise.all(seals)
  const verdict = await verify(instance, { say })
  printVerdict(verdict)
  return verdict.drift === 0
}

const ACTIONS: Readonly<Record<ChaosAction, (instance: Instance, seals: Promise<unknown>[]) => Promise<void>>> = {
  'kill speed': (instance) => killAndRestart(instance, 'speed'),
  'kill worker': (instance) => killAndRestart(instance, 'worker'),
  'restart redis': (instance) => instance.engines.restart('redis'),
  'wipe redis': async (instance) => wipeRedis((await instance.connections()).redis.url),
  async 'restart kafka'(instance) {
    await instance.engines.kill('kafka')
    await instance.engines.start('kafka')
  },
  async seal(instance, seals) {
    seals.push(sealAll(instance))
  },
}

async function killAndRestart(instance: Instance, layer: 'speed' | 'worker'): Promise<void> {
  await killLayer(instance.home, layer)
  await startLayer(instance, layer)
}

async function sealAll(instance: Instance): Promise<void> {
  const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('chaos') })
  try {
    await Promise.all([...instance.catalog.streams.keys()].map((stream) => workflows.sealNow(stream, { wait: false })))
  } finally {
    await workflows.close()
  }
}
