import { zoneOf } from './zone.js'

const DAY_MS = 86_400_000

/** A day of a time zone: [startMs, endMs) in UTC ms; 23, 24 or 25 hours long where clocks change by an hour. */
export interface DayBounds {
  readonly startMs: number
  readonly endMs: number
}

/** The day of `zone` that holds an instant. Where a day has no midnight it begins at the first instant after the jump. */
export function dayBounds(timeMs: number, zone: string): DayBounds {
  const local = zoneOf(zone)
  const midnight = Math.floor((timeMs + local.offsetAt(timeMs)) / DAY_MS) * DAY_MS
  const startMs = local.instantOfWall(midnight)
  const endMs = local.instantOfWall(midnight + DAY_MS)
  // where a clock goes back across midnight its last minutes bear yesterday's date, but today has begun: days must adjoin
  if (timeMs >= endMs) return { startMs: endMs, endMs: local.instantOfWall(midnight + 2 * DAY_MS) }
  if (timeMs < startMs) return { startMs: local.instantOfWall(midnight - DAY_MS), endMs: startMs }
  return { startMs, endMs }
}

/** Start of the day of `zone` that holds an instant, UTC ms. */
export function dayStart(timeMs: number, zone: string): number {
  return dayBounds(timeMs, zone).startMs
}
