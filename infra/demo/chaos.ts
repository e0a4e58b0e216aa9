import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { seededRandom } from '../../core/simulate/seeded-random.js'
import { openHot } from '../../stores/hot/index.js'
import type { Logger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { openWarm } from '../../stores/warm/index.js'
import { openWorkflows, type Workflows } from '../../workflows/client.js'
import type { SealReport } from '../../workflows/workflow/seal-contract.js'
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
/** What is still at work so long after the end is no longer waited for: it goes on behind, and every answer is exact meanwhile. */
const RUNS_END_WITHIN_MS = 45_000
const LAST_WITHIN_MS = 60_000
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
  const runs: Promise<void>[] = []
  const started = performance.now()
  const tell = (line: string): void =>
    say(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`)
  let givenUp = 0
  /**
   * Somebody asks for it and goes on. One whose connection dies with an engine has given up here; its workflow goes on,
   * and the next seal makes up for what it lacks.
   */
  const follow = (action: ChaosAction, run: Promise<string>): void => {
    const told = run.then(
      (outcome) => tell(`${action}: ${outcome}`),
      (error: unknown) => {
        givenUp++
        tell(`${action}: given up, as ${error instanceof Error ? error.message : String(error)}`)
      },
    )
    runs.push(told)
  }
  const act = async (): Promise<void> => {
    for (const { afterMs, action } of plan) {
      await delay(Math.max(0, started + afterMs - performance.now()), undefined, { signal })
      tell(action)
      const going = await ACTIONS[action](instance)
      if (going) follow(action, going.run)
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
  tell(`${committed} records sent, ${aborted} more in transactions that aborted; waiting for the layers`)
  await waitForLayers(instance)
  await caughtUp(instance)
  const ended = Promise.all(runs).then(() => true)
  if (!(await Promise.race([ended, delay(RUNS_END_WITHIN_MS, false, { ref: false })])))
    tell('some of what was asked for is still at work')
  tell(`${runs.length} seals, refreshes and rollbacks asked for while things broke, ${givenUp} of them given up`)
  // with nothing broken any more these must succeed: so what is recounted was sealed and rolled back for certain
  tell(`seal: ${await lastOf('seal', sealAll(instance))}`)
  tell(`rollback: ${await lastOf('rollback', rollBackAll(instance))}`)
  const verdict = await verify(instance, { say })
  printVerdict(verdict)
  return verdict.drift === 0
}

async function lastOf(action: ChaosAction, run: Promise<string>): Promise<string> {
  const outcome = await Promise.race([run, delay(LAST_WITHIN_MS, null, { ref: false })])
  if (outcome !== null) return outcome
  throw new UserError(
    `The last ${action} did not end within ${LAST_WITHIN_MS / 1000} s: tandem status, and the Temporal UI.`,
  )
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

/** What an action leaves at work; its outcome in words comes later. */
interface Going {
  readonly run: Promise<string>
}

const ACTIONS: Readonly<Record<ChaosAction, (instance: Instance) => Promise<Going | undefined>>> = {
  'kill speed': (instance) => killAndRestart(instance, 'speed'),
  'kill worker': (instance) => killAndRestart(instance, 'worker'),
  async 'restart redis'(instance) {
    await instance.engines.restart('redis')
    return undefined
  },
  async 'wipe redis'(instance) {
    await wipeRedis((await instance.connections()).redis.url)
    return undefined
  },
  async 'restart kafka'(instance) {
    await instance.engines.kill('kafka')
    await instance.engines.start('kafka')
    return undefined
  },
  seal: async (instance) => ({ run: sealAll(instance) }),
  refresh: async (instance) => ({ run: refreshAll(instance) }),
  rollback: async (instance) => ({ run: rollBackAll(instance) }),
}

async function killAndRestart(instance: Instance, layer: 'speed' | 'worker'): Promise<undefined> {
  await killLayer(instance.home, layer)
  await startLayer(instance, layer)
}

async function withWorkflows<T>(instance: Instance, use: (workflows: Workflows) => Promise<T>): Promise<T> {
  const workflows = await openWorkflows(await instance.connections(), { logger: quiet })
  try {
    return await use(workflows)
  } finally {
    await workflows.close()
  }
}

function refreshAll(instance: Instance): Promise<string> {
  return withWorkflows(instance, async (workflows) => {
    const { status, views, changedWindows, problems } = await workflows.refreshNow({ reason: 'chaos' })
    if (status === 'failed') throw new Error(problems.join('; '))
    return `${status}, ${views} views, ${changedWindows} changed windows`
  })
}

/** Every stream back to the snapshot before the one in force: other segments, the same truth. */
function rollBackAll(instance: Instance): Promise<string> {
  return withWorkflows(instance, async (workflows) => {
    const warm = await openWarm((await instance.connections()).mongo)
    try {
      let back = 0
      for (const stream of instance.catalog.streams.keys()) {
        const [, before] = await warm.snapshots(stream, 2)
        if (before === undefined) continue
        await workflows.decideSnapshot('rollback', before.id, 'chaos')
        back++
      }
      return `${back} streams to the snapshot before`
    } finally {
      await warm.close()
    }
  })
}

function sealAll(instance: Instance): Promise<string> {
  return withWorkflows(instance, async (workflows) => {
    const streams = [...instance.catalog.streams.keys()]
    const reports = await Promise.all(streams.map((stream) => workflows.sealNow(stream, { wait: false })))
    const sum = (of: (report: SealReport) => number): number => reports.reduce((all, report) => all + of(report), 0)
    const { equal, different } = { equal: sum((r) => r.parity.equal), different: sum((r) => r.parity.different) }
    return `${sum((r) => r.read)} records, ${equal} comparisons equal, ${different} different`
  })
}
