import { zoneOf } from '../time/zone.js'

/**
 * An instant as wall time in a zone, `yyyy-MM-ddTHH:mm:ss.SSS`: what programs write that do not say their zone. Cut or
 * change it to taste: `.slice(0, 19).replace('T', ' ')`.
 *
 * @throws RangeError where the zone is unknown or the instant is beyond the years 0 to 9999.
 */
export function localText(timeMs: number, zone: string): string {
  return new Date(timeMs + zoneOf(zone).offsetAt(timeMs)).toISOString().slice(0, 23)
}
