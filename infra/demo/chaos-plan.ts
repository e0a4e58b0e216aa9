import type { SeededRandom } from '../../core/simulate/seeded-random.js'

/** What is done to a running installation. */
export const CHAOS_ACTIONS = [
  'kill speed',
  'kill worker',
  'restart redis',
  'wipe redis',
  'restart kafka',
  'seal',
  'refresh',
  'rollback',
] as const
export type ChaosAction = (typeof CHAOS_ACTIONS)[number]

export interface ChaosStep {
  readonly afterMs: number
  readonly action: ChaosAction
}

/** Where in the run an action may come, as shares of it: a refresh early, so that it ends within; a rollback once there is something to go back to. */
const SPAN: Readonly<Partial<Record<ChaosAction, readonly [number, number]>>> = {
  refresh: [0.1, 0.35],
  rollback: [0.55, 0.9],
}
const ANYWHERE = [0.05, 0.9] as const

/** Every action at least once, the cheap ones more often, at random times. Same seed, same plan. */
export function chaosPlan(random: SeededRandom, durationMs: number): readonly ChaosStep[] {
  const minutes = durationMs / 60_000
  const times: Readonly<Record<ChaosAction, number>> = {
    'kill speed': Math.ceil(minutes),
    'kill worker': Math.ceil(minutes * 0.7),
    'restart redis': 1,
    'wipe redis': 1,
    'restart kafka': 1,
    seal: Math.ceil(minutes * 2),
    refresh: Math.ceil(minutes * 0.3),
    rollback: Math.ceil(minutes * 0.3),
  }
  return CHAOS_ACTIONS.flatMap((action) =>
    Array.from({ length: times[action] }, () => {
      const [from, to] = SPAN[action] ?? ANYWHERE
      return { action, afterMs: Math.round(durationMs * (from + (to - from) * random.next())) }
    }),
  ).sort((a, b) => a.afterMs - b.afterMs)
}
