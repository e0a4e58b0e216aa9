import { localText, type SeededRandom } from 'tandem'
import { ZONE } from './streams.js'

/** Pickups by hour of a New York day; 1 is the peak. */
const HOURS = [
  0.48, 0.34, 0.25, 0.18, 0.15, 0.16, 0.34, 0.6, 0.77, 0.76, 0.74, 0.77, 0.82, 0.83, 0.87, 0.86, 0.8, 0.9, 1, 0.97, 0.9,
  0.89, 0.84, 0.68,
] as const

/** Share of the peak at an instant, between the hours by a straight line. */
export function busyness(atMs: number): number {
  const text = localText(atMs, ZONE)
  const hour = Number(text.slice(11, 13))
  const part = Number(text.slice(14, 16)) / 60
  return (HOURS[hour] as number) * (1 - part) + (HOURS[(hour + 1) % 24] as number) * part
}

/** Manhattan's busy zones, the busiest first, then the airports and the rest. */
const ZONES = [
  237, 161, 236, 162, 186, 230, 48, 170, 234, 142, 163, 239, 79, 107, 141, 68, 164, 263, 249, 100, 140, 231, 238, 90,
  43, 229, 233, 246, 113, 262, 151, 114, 144, 143, 50, 13, 211, 137, 88, 148, 87, 166, 75, 224, 158, 125, 261, 74, 45,
  41,
] as const
const JFK = 132
const LAGUARDIA = 138
/** Unknown, and outside of the city. */
const UNKNOWN = [264, 265] as const

export interface Route {
  readonly pickup: number
  readonly dropoff: number
  readonly airport: boolean
}

export function drawRoute(random: SeededRandom): Route {
  const pickup = drawZone(random)
  const dropoff = drawZone(random)
  const airport = [pickup, dropoff].some((zone) => zone === JFK || zone === LAGUARDIA)
  return { pickup, dropoff, airport }
}

function drawZone(random: SeededRandom): number {
  const kind = random.weighted([90, 4, 3.5, 1, 1.5])
  if (kind === 0) return ZONES[Math.floor(ZONES.length * random.next() ** 1.7)] as number
  if (kind === 1) return LAGUARDIA
  if (kind === 2) return JFK
  return kind === 3 ? random.int(1, 263) : random.pick(UNKNOWN)
}
