import { expect, test } from 'vitest'
import { z } from 'zod'
import { count } from '../measure/count.js'
import { coldResolution } from './cold-resolution.js'
import { instant } from './column-schemas.js'
import { defineStream } from './define-stream.js'
import { defineView } from './define-view.js'
import { foldResolution } from './view-retention.js'

const DAY_MS = 86_400_000
const visits = defineStream({ name: 'visits', schema: z.object({ at: instant() }), eventTime: 'at' })
const viewOf = (given: object) =>
  defineView('v', { from: visits, by: () => ({}), measures: () => ({ n: count() }), windows: ['1m', '5m'], ...given })

test('a record is folded into the finest window that is retained at the start of its epoch', () => {
  const view = viewOf({ retention: { '1m': '7d', '5m': '90d' } })
  const epochMs = Date.UTC(2024, 2, 1)
  const at = (lateMs: number) => foldResolution(view, epochMs - lateMs, epochMs)
  expect([0, 7 * DAY_MS, 7 * DAY_MS + 60_000, 90 * DAY_MS, 91 * DAY_MS].map(at)).toEqual([
    60_000, 60_000, 300_000, 300_000, 3_600_000,
  ])
  expect(at(-3_600_000)).toBe(60_000)
})

test('without retention every record is folded into the finest window', () => {
  expect(foldResolution(viewOf({}), 0, Date.UTC(2024, 0, 1))).toBe(60_000)
})

test('retention and since are part of the hash where they are given, and only there', () => {
  const hashes = [{}, { retention: { '1m': '7d' } }, { retention: { '1m': '8d' } }, { since: '2024-01-01T00:00:00Z' }]
  expect(new Set(hashes.map((given) => viewOf(given).hash)).size).toBe(4)
  expect(viewOf({ retention: undefined, since: undefined }).hash).toBe(viewOf({}).hash)
})

test.each([
  [{ '5m': '7d' }, 'must name the finest window'],
  [{ '1m': '7d', '2m': '8d' }, 'no window of it'],
  [{ '1m': '7d', '5m': '7d' }, 'longer'],
  [{ '1m': 'a week' }, 'expected a day or more'],
  [{ '1m': '2h' }, 'expected a day or more'],
])('retention %j is refused: %s', (retention, message) => {
  expect(() => viewOf({ retention })).toThrow(message)
})

test('what is kept for ever cannot be given a time, and days need their windows', () => {
  expect(() => viewOf({ windows: ['1m', '1h'], retention: { '1m': '7d', '1h': '9d' } })).toThrow('kept for ever')
  expect(() => viewOf({ since: '2024-01-01' })).toThrow('with its offset')
})

test.each([
  ['UTC', 3_600_000],
  ['Asia/Seoul', 3_600_000],
  ['America/New_York', 3_600_000],
  ['Asia/Kolkata', 1_800_000],
  ['Australia/Lord_Howe', 1_800_000],
  ['Asia/Kathmandu', 900_000],
])('history of %s is kept in windows of %d ms', (zone, sizeMs) => {
  expect(coldResolution(viewOf({ zone }))).toBe(sizeMs)
  expect(coldResolution(viewOf({ zone, windows: ['2h'] }))).toBe(7_200_000)
})
