import { expect, test } from 'vitest'
import { compileRetention } from './retention-settings.js'

const DAY_MS = 86_400_000

test('fine cells and raw files are kept for ever unless a time is given', () => {
  expect(compileRetention()).toMatchObject({ warmMs: Number.POSITIVE_INFINITY, rawMs: Number.POSITIVE_INFINITY })
  expect(compileRetention({ warmMs: 30 * DAY_MS, rawMs: 90 * DAY_MS })).toMatchObject({ warmMs: 30 * DAY_MS })
})

test.each([
  [{ warmMs: DAY_MS - 1 }, 'warmMs must be at least 1 day'],
  [{ rawMs: 8 * DAY_MS - 1 }, 'rawMs must be at least 8 days'],
  [{ snapshotsAtLeast: 0 }, 'snapshotsAtLeast'],
])('%j is refused: %s', (given, message) => {
  expect(() => compileRetention(given)).toThrow(message)
})
