import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { seededRandom } from '../../core/simulate/seeded-random.js'
import { openHot } from '../../stores/hot/index.js'
import type { Logger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { openWarm } from '../../stores/warm/index.js'
import { openWorkflows } from '../../workflows/client.js'
import type { Instance } from '../instance/instance.js'
import { killLayer, startLayer, waitForLayers } from '../instance/layers.js'
import { until } from '../instance/until.js'
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

const CAUGHT_UP_WITHIN_MS = 120_000
/** A refresh is waited for so long; it goes on behind, and every answer is exact meanwhile. */
const REFRESH_WITHIN_MS = 120_000
/** What the clients have to say of engines that are killed on purpose would bury what is done to them. */
const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Feeds the installation while breaking it by plan, then seals and recounts everything. True at drift 0, false where it was stopped. */
export async function runChaos(
  instance: Instance,
  { rate, seed, minutes, signal, say }: ChaosOptions,
): Promise<boolean> {
  if (instance.engines.provider === 'external')
    throw new UserError('Chaos kills and wipes engines: it runs only on engines that Tandem started itself.')
  const random = seededRandom(seed)
  const plan = chaosPlan(random, minutes * 60_000)
  const done = new AbortController()
  const feeding = chaosFeed(instance, {
    rate,
    random,
    seed,
    logger: quiet,
    signal: AbortSignal.any([signal, done.signal]),
  })
  const runs: Promise<string | null>[] = []
  const started = performance.now()
  const clockText = (): string => `${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s`
  const act = async (): Promise<void> => {
    for (const { afterMs, action } of plan) {
      await delay(Math.max(0, started + afterMs - performance.now()), undefined, { signal })
      say(`${clockText()}  ${action}`)
      await ACTIONS[action](instance, runs)
    }
    await delay(Math.max(0, started + minutes * 60_000 - performance.now()), undefined, { signal })
  }
  try {
    // a feed that gives up ends the demo at once, and is not found out at its end
    await Promise.race([act(), feeding.then(() => new Promise<never>(() => undefined))])
  } catch (error) {
    if (!signal.aborted) throw error
    say('stopped')
    return false
  } finally {
    done.abort()
    await feeding.catch(() => undefined) // thrown above, or below
  }
  const { committed, aborted } = await feeding
  say(`${clockText()}  ${committed} records sent, ${aborted} more in transactions that aborted; waiting for the layers`)
  await waitForLayers(instance)
  await caughtUp(instance)
  const failed = (await Promise.all(runs)).filter((reason) => reason !== null)
  say(
    `${clockText()}  ${runs.length} seals, refreshes and rollbacks asked for while things broke, ${failed.length} of them given up; one more seal`,
  )
  for (const reason of new Set(failed)) say(`        ${reason}`)
  await sealAll(instance)
  const verdict = await verify(instance, { say })
  printVerdict(verdict)
  return verdict.drift === 0
}

/** Until the speed layer reports, after now, that nothing is left to read. */
async function caughtUp(instance: Instance): Promise<void> {
  // a report is made of what was looked up shortly before
  const sinceMs = systemClock.now() + 1_000
  const hot = await openHot((await instance.connections()).redis)
  try {
    const done = await until(
      async () =>
        (await hot.health()).some(
          ({ layer, ready, atMs, detail }) => layer === 'speed' && ready && atMs > sinceMs && lagOf(detail) === 0,
        ),
      { withinMs: CAUGHT_UP_WITHIN_MS, everyMs: 200 },
    )
    if (!done)
      throw new UserError(`The speed layer did not catch up within ${CAUGHT_UP_WITHIN_MS / 1000} s: tandem status.`)
  } finally {
    await hot.close()
  }
}

const Lags = z.looseObject({ streams: z.record(z.string(), z.looseObject({ lag: z.number() })) })

function lagOf(detail: unknown): number {
  return Object.values(Lags.parse(detail).streams).reduce((sum, { lag }) => sum + lag, 0)
}

const ACTIONS: Readonly<Record<ChaosAction, (instance: Instance, runs: Promise<string | null>[]) => Promise<void>>> = {
  'kill speed': (instance) => killAndRestart(instance, 'speed'),
  'kill worker': (instance) => killAndRestart(instance, 'worker'),
  'restart redis': (instance) => instance.engines.restart('redis'),
  'wipe redis': async (instance) => wipeRedis((await instance.connections()).redis.url),
  async 'restart kafka'(instance) {
    await instance.engines.kill('kafka')
    await instance.engines.start('kafka')
  },
  async seal(instance, runs) {
    runs.push(outcomeOf(sealAll(instance)))
  },
  async refresh(instance, runs) {
    const late = delay(REFRESH_WITHIN_MS, 'a refresh was still at work', { ref: false })
    runs.push(Promise.race([outcomeOf(refreshAll(instance)), late]))
  },
  async rollback(instance, runs) {
    runs.push(outcomeOf(rollBackAll(instance)))
  },
}

/**
 * Null, or why somebody who waited for a run gave up. One whose connection dies with an engine is given up here; its
 * workflow goes on, and the next seal makes up for what it lacks.
 */
function outcomeOf(run: Promise<unknown>): Promise<string | null> {
  return run.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

async function killAndRestart(instance: Instance, layer: 'speed' | 'worker'): Promise<void> {
  await killLayer(instance.home, layer)
  await startLayer(instance, layer)
}

async function refreshAll(instance: Instance): Promise<void> {
  const workflows = await openWorkflows(await instance.connections(), { logger: quiet })
  try {
    const { status, problems } = await workflows.refreshNow({ reason: 'chaos' })
    if (status === 'failed') throw new Error(`refresh failed: ${problems.join('; ')}`)
  } finally {
    await workflows.close()
  }
}

/** Every stream back to the snapshot before the one in force: other segments, the same truth. */
async function rollBackAll(instance: Instance): Promise<void> {
  const connections = await instance.connections()
  const warm = await openWarm(connections.mongo)
  const workflows = await openWorkflows(connections, { logger: quiet })
  try {
    for (const stream of instance.catalog.streams.keys()) {
      const [, before] = await warm.snapshots(stream, 2)
      if (before !== undefined) await workflows.decideSnapshot('rollback', before.id, 'chaos')
    }
  } finally {
    await workflows.close()
    await warm.close()
  }
}

async function sealAll(instance: Instance): Promise<void> {
  const workflows = await openWorkflows(await instance.connections(), { logger: quiet })
  try {
    await Promise.all([...instance.catalog.streams.keys()].map((stream) => workflows.sealNow(stream, { wait: false })))
  } finally {
    await workflows.close()
  }
}
