import { daysInMonth, daysOfCivil } from './civil.js'
import { zoneOf } from './zone.js'

/** How an instant is written. */
export interface InstantFormat {
  /**
   * - `iso`: `yyyy-MM-ddTHH:mm:ss`, a fraction of 1 to 9 digits if any, then `Z` or an offset (`+09:00`, `+0900`, `+09`).
   * - `iso-local`: the same without `Z` or offset, wall time in `zone`.
   * - `epoch-seconds`, `epoch-ms`: a number, or its decimal text.
   * - else a pattern of `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss`, `SSS` and other characters as they are, wall time in `zone`:
   *   `yyyy-MM-dd HH:mm:ss`, `yyyyMM`. Fields left out are the first month, day, hour, …
   */
  readonly format: string
  /** IANA zone of wall times. @default 'UTC' */
  readonly zone?: string
  /** With `iso` and `iso-local`: a `Z` at the end, if any, is a lie and the text is wall time in `zone`. */
  readonly ignoreZ?: boolean
}

/** Reads an instant as UTC ms; null where the value is not written so or names no date (month 13, 30 February, 24:00). */
export type InstantReader = (value: string | number) => number | null

/** Largest magnitude of an instant, inclusive, UTC ms: ±100,000,000 days around 1970. */
export const MAX_INSTANT_MS = 8.64e15

const DAY_MS = 86_400_000

/**
 * Compiles a format to a reader that works by digits, for millions of records a minute. Digits below a millisecond are cut.
 * A wall time that occurs twice is the earlier instant; one that does not exist counts by the offset before the jump.
 * @throws where the format or its zone is not understood.
 */
export function compileInstant({ format, zone = 'UTC', ignoreZ = false }: InstantFormat): InstantReader {
  if (format === 'epoch-seconds') return readNumber(1000)
  if (format === 'epoch-ms') return readNumber(1)
  const { instantOfWall } = zoneOf(zone)
  if (format === 'iso' || format === 'iso-local') {
    const local = ignoreZ || format === 'iso-local'
    return (value) => (typeof value === 'string' ? readIso(value, local, ignoreZ, instantOfWall) : null)
  }
  if (ignoreZ) throw new Error(`time format "${format}": ignoreZ belongs to iso and iso-local`)
  return readPattern(format, instantOfWall)
}

/** Reads one instant. In a loop, compile the format once instead. */
export function instantOf(value: string | number, format: InstantFormat): number | null {
  return compileInstant(format)(value)
}

function readNumber(factor: number): InstantReader {
  return (value) => {
    const number =
      typeof value === 'number' ? value : /^-?\d{1,16}(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN
    const ms = Math.floor(number * factor + (factor === 1 ? 0 : 1e-4))
    // in ms a fraction is cut; in seconds 1.001 × 1000 is 1000.9999999999999, hence the tenth of a microsecond above
    return Math.abs(ms) <= MAX_INSTANT_MS ? ms + 0 : null
  }
}

/** Digits [from, from + length) as a number; −1 where one is not a digit. */
function digits(text: string, from: number, length: number): number {
  let value = 0
  for (let i = from; i < from + length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

/** Wall time as if UTC; NaN where there is no such date or time. */
function wall(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number {
  if (year < 0 || month < 1 || month > 12 || day < 1 || (day > 28 && day > daysInMonth(year, month))) return Number.NaN
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || ms < 0) return Number.NaN
  return daysOfCivil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms
}

function readIso(
  text: string,
  local: boolean,
  ignoreZ: boolean,
  instantOfWall: (wallMs: number) => number,
): number | null {
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  )
    return null
  if (text.charCodeAt(10) !== 84) return null
  let ms = 0
  let at = 19
  if (text.charCodeAt(at) === 46) {
    let scale = 100
    at++
    const start = at
    for (; at < text.length; at++, scale /= 10) {
      const digit = text.charCodeAt(at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      if (scale >= 1) ms += digit * scale
    }
    if (at === start || at - start > 9) return null
  }
  const wallMs = wall(
    digits(text, 0, 4),
    digits(text, 5, 2),
    digits(text, 8, 2),
    digits(text, 11, 2),
    digits(text, 14, 2),
    digits(text, 17, 2),
    ms,
  )
  if (Number.isNaN(wallMs)) return null
  if (local) {
    if (ignoreZ && text.charCodeAt(at) === 90) at++
    return at === text.length ? instantOfWall(wallMs) : null
  }
  const offset = readOffset(text, at)
  return offset === null ? null : wallMs - offset
}

/** `Z`, `±hh`, `±hhmm` or `±hh:mm` at the end of the text, in ms; null where it is none of them. */
function readOffset(text: string, at: number): number | null {
  const sign = text.charCodeAt(at)
  const length = text.length - at
  if (sign === 90 && length === 1) return 0
  if (sign !== 43 && sign !== 45) return null
  const colon = length === 6 && text.charCodeAt(at + 3) === 58
  if (!colon && length !== 3 && length !== 5) return null
  const hours = digits(text, at + 1, 2)
  const minutes = length === 3 ? 0 : digits(text, colon ? at + 4 : at + 3, 2)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return null
  return (sign === 45 ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000)
}

/** Fields of a pattern, each with the value it has where the pattern leaves it out. */
const FIELDS = { yyyy: 1970, MM: 1, dd: 1, HH: 0, mm: 0, ss: 0, SSS: 0 } as const

function readPattern(pattern: string, instantOfWall: (wallMs: number) => number): InstantReader {
  const at: Partial<Record<keyof typeof FIELDS, number>> = {}
  const fixed: [number, number][] = []
  const tokens = pattern.match(/yyyy|MM|dd|HH|mm|ss|SSS|./gsu) ?? []
  let length = 0
  for (const token of tokens) {
    if (token in FIELDS) {
      const field = token as keyof typeof FIELDS
      if (at[field] !== undefined) throw new Error(`time format "${pattern}" has ${field} twice`)
      at[field] = length
    } else if (/[A-Za-z]/.test(token) && token !== 'T' && token !== 'Z') {
      throw new Error(
        `time format "${pattern}": "${token}" is none of ${Object.keys(FIELDS).join(', ')}; or use iso, iso-local, epoch-ms, epoch-seconds`,
      )
    } else fixed.push([length, token.charCodeAt(0)])
    length += token.length
  }
  if (at.yyyy === undefined) throw new Error(`time format "${pattern}" has no year`)
  const read = (text: string, field: keyof typeof FIELDS): number => {
    const from = at[field]
    return from === undefined ? FIELDS[field] : digits(text, from, field.length)
  }
  return (text) => {
    if (typeof text !== 'string' || text.length !== length) return null
    for (const [position, code] of fixed) if (text.charCodeAt(position) !== code) return null
    const wallMs = wall(
      read(text, 'yyyy'),
      read(text, 'MM'),
      read(text, 'dd'),
      read(text, 'HH'),
      read(text, 'mm'),
      read(text, 'ss'),
      read(text, 'SSS'),
    )
    return Number.isNaN(wallMs) ? null : instantOfWall(wallMs)
  }
}
