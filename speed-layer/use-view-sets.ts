import { writeViewSet } from '../core/define/view-set.js'
import type { Clock } from '../core/time/clock.js'
import type { Logger } from '../stores/logger.js'
import type { WarmStore } from '../stores/warm/index.js'
import type { StreamPlan } from './stream-plan.js'
import { pause } from './timing.js'

export interface UseDeps {
  readonly warm: Pick<WarmStore, 'putViewSet'>
  readonly clock: Clock
  /** When this process was started, UTC ms. */
  readonly deployedAtMs: number
}

/** Often enough beside the day after which hot state that nobody uses is dropped. */
const EVERY_MS = 600_000

/** Stores the definitions where they are new, and says that they are in use now. */
export async function useViewSets(plans: readonly StreamPlan[], { warm, clock, deployedAtMs }: UseDeps): Promise<void> {
  await Promise.all(
    plans.map((plan) => {
      const { stream, viewSet } = plan.keyspace
      const set = { viewSet, stream, definitions: writeViewSet(plan), deployedAtMs }
      return warm.putViewSet({ ...set, usedAtMs: clock.now() })
    }),
  )
}

/** Says again and again that they are in use, until the signal. */
export async function keepUsing(
  plans: readonly StreamPlan[],
  { logger, signal, ...deps }: UseDeps & { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await pause(EVERY_MS, signal)
    if (signal.aborted) return
    await useViewSets(plans, deps).catch((error: unknown) =>
      logger.warn({ error }, 'it could not be said that the definitions are in use'),
    )
  }
}
