/** Bounds of the instants for which a zone's offset changes are known, UTC ms: the years 1900 to 2099. Beyond, the nearest offset holds. */
const FROM_MS = Date.UTC(1900, 0, 1)
const TO_MS = Date.UTC(2100, 0, 1)
const DAY_MS = 86_400_000
/** Shorter than any time between two changes of offset (Morocco's pause in Ramadan is 4 to 5 weeks). */
const STEP_MS = 14 * DAY_MS

/**
 * The offsets of an IANA zone as plain arrays: offset `offsetsMs[i]` (local − UTC) holds in [startsMs[i], startsMs[i + 1]).
 * `startsMs[0]` is −Infinity. Both compilers read this one table, so they agree on every instant.
 */
export interface ZoneTable {
  readonly zone: string
  readonly startsMs: readonly number[]
  readonly offsetsMs: readonly number[]
}

/** Zones never change while a process runs, and a table takes milliseconds to make. */
const tables = new Map<string, ZoneTable>()

/** @throws RangeError where the zone is unknown. */
export function zoneTable(zone: string): ZoneTable {
  const known = tables.get(zone)
  if (known !== undefined) return known
  const offsetAt = zone === 'UTC' ? () => 0 : offsetReader(zone)
  const startsMs = [Number.NEGATIVE_INFINITY]
  const offsetsMs = [offsetAt(FROM_MS)]
  for (let from = FROM_MS; from < TO_MS; from += STEP_MS) {
    const last = offsetsMs.at(-1) as number
    const next = offsetAt(from + STEP_MS)
    if (next === last) continue
    let before = from
    let after = from + STEP_MS
    // offsets change on whole seconds
    while (after - before > 1000) {
      const middle = Math.floor((before + after) / 2000) * 1000
      if (offsetAt(middle) === last) before = middle
      else after = middle
    }
    startsMs.push(after)
    offsetsMs.push(next)
  }
  const table = Object.freeze({ zone, startsMs: Object.freeze(startsMs), offsetsMs: Object.freeze(offsetsMs) })
  tables.set(zone, table)
  return table
}

/** Reads a zone's offset at an instant from the runtime's own data: exact, but microseconds each. */
function offsetReader(zone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return (timeMs) => {
    const digits = format.format(timeMs).match(/\d+/g) as string[]
    const [month, day, year, hour, minute, second] = digits.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(timeMs / 1000) * 1000
  }
}

/** Local wall time and instants of one zone. Keeps the interval used last, since neighbouring records lie in one. */
export interface Zone {
  /** Local − UTC in ms at an instant. */
  offsetAt(timeMs: number): number
  /**
   * The instant of a wall time given as if it were UTC ms. Where the wall time occurs twice, the earlier instant; where it
   * does not exist, by the offset before the jump.
   */
  instantOfWall(wallMs: number): number
}

const zones = new Map<string, Zone>()

/** @throws RangeError where the zone is unknown. */
export function zoneOf(zone: string): Zone {
  let known = zones.get(zone)
  if (known === undefined) {
    known = openZone(zoneTable(zone))
    zones.set(zone, known)
  }
  return known
}

function openZone({ startsMs, offsetsMs }: ZoneTable): Zone {
  let from = 0
  let to = 0
  let offset = 0
  const select = (timeMs: number): void => {
    let low = 0
    let high = startsMs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((startsMs[middle] as number) <= timeMs) low = middle
      else high = middle - 1
    }
    from = startsMs[low] as number
    to = startsMs[low + 1] ?? Number.POSITIVE_INFINITY
    offset = offsetsMs[low] as number
  }
  const offsetAt = (timeMs: number): number => {
    if (!(timeMs >= from && timeMs < to)) select(timeMs)
    return offset
  }
  return {
    offsetAt,
    instantOfWall(wallMs) {
      // more than a day away from both changes the offset is certain
      const likely = wallMs - offset
      if (likely - DAY_MS >= from && likely + DAY_MS < to) return likely
      const before = offsetAt(wallMs - DAY_MS)
      const after = offsetAt(wallMs + DAY_MS)
      const earlier = wallMs - before
      if (offsetAt(earlier) === before) return earlier
      const later = wallMs - after
      // neither fits in a gap: the offset before the jump
      return offsetAt(later) === after ? later : earlier
    },
  }
}
