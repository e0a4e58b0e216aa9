import { civilOfDays } from '../time/civil.js'
import { zoneOf } from '../time/zone.js'

/** Functions that generated JavaScript calls where an operator does not do. Pure; their arguments are never null. */

const DAY_MS = 86_400_000

export function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

export function asciiUpper(text: string): string {
  return /[a-z]/.test(text) ? text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : text
}

/** What `trim` takes away at both ends. */
export const TRIMMED = ' \t\n\v\f\r'

export function trimText(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && TRIMMED.includes(text[from] as string)) from++
  while (to > from && TRIMMED.includes(text[to - 1] as string)) to--
  return text.slice(from, to)
}

/** Length in code points. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) if (isPair(text, i)) count--
  return count
}

/** At most `length` code points from the code point `from`. */
export function substringOf(text: string, from: number, length: number): string {
  let start = 0
  for (let i = 0; i < from && start < text.length; i++) start += isPair(text, start) ? 2 : 1
  let end = start
  for (let i = 0; i < length && end < text.length; i++) end += isPair(text, end) ? 2 : 1
  return text.slice(start, end)
}

function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
}

/** Half away from zero, to a multiple of `unit`, as a number of units; the number is a safe whole one. */
export function roundWhole(value: number, unit: number): number {
  const rest = value % unit
  const units = (value - rest) / unit
  if (2 * Math.abs(rest) < unit) return units
  return value < 0 ? units - 1 : units + 1
}

/** Half away from zero, of a real times a power of ten. */
export function roundReal(value: number, factor: number): number {
  const magnitude = Math.abs(value) * factor
  const floor = Math.floor(magnitude)
  const rounded = magnitude - floor >= 0.5 ? floor + 1 : floor
  return value < 0 ? 0 - rounded : rounded
}

/** Remainder that is never negative. */
export function floorMod(value: number, size: number): number {
  const rest = value % size
  return rest < 0 ? rest + size : rest + 0
}

export type CalendarField = 'hour' | 'minute' | 'day-of-week' | 'day-of-month' | 'month' | 'year'

/** The function from an instant to a field of the local calendar of a zone. */
export function calendarReader(field: CalendarField, zone: string): (timeMs: number) => number {
  const { offsetAt } = zoneOf(zone)
  const local = (timeMs: number) => timeMs + offsetAt(timeMs)
  const days = (timeMs: number) => Math.floor(local(timeMs) / DAY_MS)
  switch (field) {
    case 'hour':
      return (timeMs) => Math.floor(floorMod(local(timeMs), DAY_MS) / 3_600_000)
    case 'minute':
      return (timeMs) => Math.floor(floorMod(local(timeMs), 3_600_000) / 60_000)
    case 'day-of-week':
      // 1970-01-01 was a Thursday, day 4
      return (timeMs) => floorMod(days(timeMs) + 3, 7) + 1
    case 'day-of-month':
      return (timeMs) => civilOfDays(days(timeMs)).day
    case 'month':
      return (timeMs) => civilOfDays(days(timeMs)).month
    case 'year':
      return (timeMs) => civilOfDays(days(timeMs)).year
  }
}
