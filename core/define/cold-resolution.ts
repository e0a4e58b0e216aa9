import { zoneTable } from '../time/zone.js'
import type { ViewDefinition } from './view-definition.js'

const MINUTE_MS = 60_000
/** Each divides a day, so that no cold cell reaches over midnight UTC. */
const COARSE_MS = [60, 30, 15, 10, 5].map((minutes) => minutes * MINUTE_MS)

/**
 * Window size in which a view's history is kept for ever: an hour, or less where the days of the view's zone need it (30
 * minutes for Kolkata, 15 for Kathmandu). It is a whole multiple of the view's finest window, or that window itself.
 * Offsets of before 1970, which are odd in most zones, do not count.
 *
 * @returns ms
 */
export function coldResolution({ windows, zone }: Pick<ViewDefinition, 'windows' | 'zone'>): number {
  const finestMs = windows[0] as number
  const { startsMs, offsetsMs } = zoneTable(zone)
  const offsets = offsetsMs.filter((_, i) => (startsMs[i + 1] ?? Number.POSITIVE_INFINITY) > 0)
  const fits = (sizeMs: number): boolean => sizeMs % finestMs === 0 && offsets.every((offset) => offset % sizeMs === 0)
  return COARSE_MS.find(fits) ?? finestMs
}
