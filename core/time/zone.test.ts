import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayBounds } from './day-start.js'
import { hourOfWeek } from './hour-of-week.js'
import { zoneOf } from './zone.js'

const HOUR = 3_600_000
const instants = fc.integer({ min: Date.UTC(1900, 0, 2), max: Date.UTC(2099, 11, 30) })

test.each(['Asia/Seoul', 'America/New_York', 'Africa/Casablanca', 'Australia/Lord_Howe', 'America/St_Johns'])(
  'law: local time in %s is what the runtime prints, and leads back to an instant with the same wall time',
  (zone) => {
    const { offsetAt, instantOfWall } = zoneOf(zone)
    const print = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
    fc.assert(
      fc.property(instants, (seconds) => {
        const timeMs = Math.floor(seconds / 1000) * 1000
        const wall = timeMs + offsetAt(timeMs)
        expect(new Date(wall).toISOString().slice(0, 19).replace('T', ' ')).toBe(print.format(timeMs))
        const back = instantOfWall(wall)
        // the earlier of two instants with this wall time
        expect(back).toBeLessThanOrEqual(timeMs)
        expect(back + offsetAt(back)).toBe(wall)
      }),
      { numRuns: 200 },
    )
  },
)

test('a wall time that occurs twice is the earlier instant', () => {
  expect(zoneOf('America/New_York').instantOfWall(Date.UTC(2024, 10, 3, 1, 30))).toBe(Date.UTC(2024, 10, 3, 5, 30))
})

test('a wall time that does not exist counts by the offset before the jump', () => {
  expect(zoneOf('America/New_York').instantOfWall(Date.UTC(2024, 2, 10, 2, 30))).toBe(Date.UTC(2024, 2, 10, 7, 30))
})

test('days have 23, 24 or 25 hours', () => {
  const length = (timeMs: number) => {
    const { startMs, endMs } = dayBounds(timeMs, 'America/New_York')
    return (endMs - startMs) / HOUR
  }
  expect(length(Date.UTC(2024, 2, 10, 15))).toBe(23)
  expect(length(Date.UTC(2024, 2, 11, 15))).toBe(24)
  expect(length(Date.UTC(2024, 10, 3, 15))).toBe(25)
})

test('a day without midnight begins after the jump', () => {
  const { startMs, endMs } = dayBounds(Date.UTC(2018, 10, 4, 12), 'America/Sao_Paulo')
  expect([startMs, endMs]).toEqual([Date.UTC(2018, 10, 4, 3), Date.UTC(2018, 10, 5, 2)])
})

test('the hour of the week begins on Monday, local time', () => {
  expect(hourOfWeek(Date.UTC(2023, 11, 31, 15), 'Asia/Seoul')).toBe(0)
  expect(hourOfWeek(Date.UTC(2023, 11, 31, 14, 59, 59), 'Asia/Seoul')).toBe(167)
  expect(hourOfWeek(-1, 'UTC')).toBe(2 * 24 + 23)
})

test('an unknown zone is refused', () => {
  expect(() => zoneOf('Asia/Atlantis')).toThrow('Asia/Atlantis')
})
