import { zoneOf } from './zone.js'

const HOUR_MS = 3_600_000

/** Local hour of the week of an instant: 0 is Monday 00:00–00:59, 167 Sunday 23:00–23:59. */
export function hourOfWeek(timeMs: number, zone: string): number {
  const hours = Math.floor((timeMs + zoneOf(zone).offsetAt(timeMs)) / HOUR_MS)
  // 1970-01-01 was a Thursday
  return (((hours + 72) % 168) + 168) % 168
}
