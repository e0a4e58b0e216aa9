import type { Clock } from '../core/time/clock.js'

/** The machine's clock; the only place where the current time is read. */
export const systemClock: Clock = { now: () => Date.now() }
