import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../test/algebra/arbitrary-rows.js'
import { dayBounds } from './day-start.js'
import { epochOfStartText, epochStartText } from './epoch-start-text.js'
import { windowStart } from './window-start.js'

const SIZES = [1, 7, 1000, 60_000, 300_000, 3_600_000, 86_400_000]
const ZONES = [
  'UTC',
  'Asia/Seoul',
  'America/New_York',
  'Europe/London',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'America/Sao_Paulo',
]

/** One list of laws for everything that cuts time into adjoining intervals. */
const cuts: [string, (timeMs: number) => { startMs: number; endMs: number }][] = [
  ...SIZES.map((size): [string, (t: number) => { startMs: number; endMs: number }] => [
    `windows of ${size} ms`,
    (t) => ({ startMs: windowStart(t, size), endMs: windowStart(t, size) + size }),
  ]),
  ...ZONES.map((zone): [string, (t: number) => { startMs: number; endMs: number }] => [
    `days of ${zone}`,
    (t) => dayBounds(t, zone),
  ]),
]

describe.each(cuts)('%s', (_, cut) => {
  const time = instant.filter((t) => Math.abs(t) < 8e15)
  test('law: an interval holds the time it was asked for, start inclusive, end exclusive', () => {
    fc.assert(fc.property(time, (t) => cut(t).startMs <= t && t < cut(t).endMs))
  })
  test('law: intervals adjoin, the end of one is the start of the next', () => {
    fc.assert(
      fc.property(time, (t) => {
        const { startMs, endMs } = cut(t)
        expect(cut(startMs)).toEqual({ startMs, endMs })
        expect(cut(endMs - 1)).toEqual({ startMs, endMs })
        expect(cut(endMs).startMs).toBe(endMs)
        expect(cut(startMs - 1).endMs).toBe(startMs)
      }),
    )
  })
})

test('a window starts at 0, never at −0, and −1 ms lies in the window that ends at 0', () => {
  expect(Object.is(windowStart(0, 60_000), 0)).toBe(true)
  expect(windowStart(-1, 60_000)).toBe(-60_000)
})

test('law: an epoch is read back from the name of its start', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 100_000_000 }),
      fc.constantFrom(60_000, 3_600_000, 1000),
      (epoch, epochMs) => {
        const year = new Date(epoch * epochMs).getUTCFullYear()
        fc.pre(year >= 1 && year <= 9999)
        expect(epochOfStartText(epochStartText(epoch, epochMs), epochMs)).toBe(epoch)
      },
    ),
  )
})

test('names of epochs', () => {
  expect(epochStartText(0, 3_600_000)).toBe('19700101T000000Z')
  expect(epochStartText(Date.UTC(2024, 1, 29, 13, 5) / 60_000, 60_000)).toBe('20240229T130500Z')
})

test.each(['20240229T130500', '20240230T000000Z', '20240229T240000Z', '20240229T130501Z', ''])(
  '%s names no epoch of a minute',
  (text) => {
    expect(() => epochOfStartText(text, 60_000)).toThrow(`"${text}" is not the start of an epoch`)
  },
)
