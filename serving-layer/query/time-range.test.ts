import { describe, expect, test } from 'vitest'
import { ParameterError } from './parameter-error.js'
import { parseInstant, parseWindowSize, windowsOf } from './time-range.js'

const MINUTE = 60_000
const NOW = Date.UTC(2024, 4, 1, 3, 4, 5)

describe('an instant', () => {
  test.each([
    ['now', NOW],
    ['-1h', NOW - 3_600_000],
    ['now-90m', NOW - 90 * MINUTE],
    ['+5s', NOW + 5_000],
    ['0', 0],
    ['-86400000', -86_400_000],
    ['2024-05-01T00:00:00Z', Date.UTC(2024, 4, 1)],
    ['2024-05-01T00:00:00+09:00', Date.UTC(2024, 3, 30, 15)],
    ['2024-05-01', Date.UTC(2024, 3, 30, 15)],
    ['2024-05-01T09:30', Date.UTC(2024, 4, 1, 0, 30)],
  ])('%s', (text, expected) => expect(parseInstant('from', text, NOW, 'Asia/Seoul')).toBe(expected))

  test.each(['', 'soon', '2024-13-01', '2024-05-01T25:00:00Z', '1h2m', 'NaN'])('%j is none', (text) =>
    expect(() => parseInstant('from', text, NOW, 'UTC')).toThrow(ParameterError),
  )
})

describe('windows', () => {
  const hours = (zone: string, fromMs: number, toMs: number) =>
    windowsOf({ kind: 'day' }, { fromMs, toMs }, MINUTE, zone, 10_000).map(
      ({ startMs, endMs }) => (endMs - startMs) / 3_600_000,
    )

  test('from is inclusive, to exclusive, both moved outward', () => {
    const of = (fromMs: number, toMs: number) =>
      windowsOf({ kind: 'fixed', sizeMs: 5 * MINUTE }, { fromMs, toMs }, MINUTE, 'UTC', 100)
    expect(of(1, 5 * MINUTE)).toEqual([{ startMs: 0, endMs: 5 * MINUTE }])
    expect(of(-1, 1).map(({ startMs }) => startMs)).toEqual([-5 * MINUTE, 0])
    expect(windowsOf({ kind: 'all' }, { fromMs: 61_000, toMs: 61_001 }, MINUTE, 'UTC', 100)).toEqual([
      { startMs: MINUTE, endMs: 2 * MINUTE },
    ])
  })

  test('days of a zone have 23, 24 or 25 hours and adjoin', () => {
    expect(hours('Europe/Berlin', Date.UTC(2024, 2, 30, 12), Date.UTC(2024, 3, 1, 12))).toEqual([24, 23, 24])
    expect(hours('Europe/Berlin', Date.UTC(2024, 9, 26, 12), Date.UTC(2024, 9, 28, 12))).toEqual([24, 25, 24])
    expect(hours('Asia/Kathmandu', Date.UTC(2024, 4, 1), Date.UTC(2024, 4, 2))).toEqual([24, 24])
  })

  test('days that the stored windows do not divide are refused, naming the finest possible', () => {
    expect(() => windowsOf({ kind: 'day' }, { fromMs: 0, toMs: 1 }, 3_600_000, 'Asia/Kolkata', 10)).toThrow(
      /finest possible is 1h/,
    )
    expect(() => parseWindowSize('90s', MINUTE)).toThrow(/finest possible is 1m/)
    expect(() => parseWindowSize('7d', MINUTE)).toThrow(ParameterError)
  })
})
