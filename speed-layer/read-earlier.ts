import { servingSet, type WarmStore } from '../stores/warm/index.js'
import { patiently } from './patiently.js'
import { type ReadDeps, readStreams } from './read-streams.js'
import { planOfSet, type StreamPlan } from './stream-plan.js'
import { pause } from './timing.js'

export interface EarlierDeps extends Omit<ReadDeps, 'earlier' | 'signal' | 'onFetching' | 'onStored' | 'warm'> {
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot' | 'viewSet'>
  readonly signal: AbortSignal
}

const TIMING = Object.freeze({
  /** How often it is looked whether today's definitions have taken over. */
  everyMs: 2_000,
  /** Read on so long after that: servers change over one after the other. */
  lingerMs: 30_000,
})

/** Plans of the streams that are answered by definitions other than today's. */
export async function earlierPlans(
  plans: readonly StreamPlan[],
  warm: Pick<WarmStore, 'pointer' | 'snapshot' | 'viewSet'>,
): Promise<readonly StreamPlan[]> {
  const served = await Promise.all(plans.map(async (plan) => planOfSet(await servingSet(warm, plan))))
  return served.filter(({ keyspace }, i) => keyspace.viewSet !== plans[i]?.keyspace.viewSet)
}

/**
 * Where pipelines were changed, reads on by the definitions that still answer, into their own hot state under their own
 * groups, until today's have taken over for every stream: a view over several streams changes over for all of them.
 *
 * @throws AbandonedError after the signal, or what made going on impossible
 */
export async function readEarlier(plans: readonly StreamPlan[], deps: EarlierDeps): Promise<void> {
  const { warm, logger, signal } = deps
  const waiting = {
    onWait: (reason: string) => logger.warn({ reason }, 'waiting'),
    abandoned: () => signal.aborted,
  }
  const earlier = await patiently(() => earlierPlans(plans, warm), waiting)
  if (earlier.length === 0) return
  const streams = earlier.map(({ stream }) => stream.name)
  logger.info({ streams }, 'definitions changed; the earlier ones are read on until those of today have taken over')
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const reading = readStreams(earlier, { ...deps, earlier: true, signal: either })
  let failure: unknown = null
  reading.catch((error: unknown) => {
    failure = error
    over.abort() // what failed is told below, at once
  })
  while (!either.aborted && (await patiently(() => earlierPlans(plans, warm), waiting)).length > 0)
    await pause(TIMING.everyMs, either)
  await pause(TIMING.lingerMs, either)
  const failedBefore = over.signal.aborted
  over.abort()
  await reading.catch(() => undefined)
  if (failedBefore) throw failure
  if (!signal.aborted) logger.info({ streams }, 'the definitions of today have taken over')
}
