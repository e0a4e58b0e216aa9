import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { foldResolution } from '../../core/define/view-retention.js'
import { openDuckDb, type TestDuckDb } from '../../test/algebra/open-duckdb.js'
import { comparedWindow, windowSql } from './windows.js'

const MINUTE = 60_000
const DAY = 86_400_000

let db: TestDuckDb

beforeAll(async () => {
  db = await openDuckDb()
})
afterAll(() => db.close())

test('law: a record is compared in the window that it was folded into, or that the cold tier holds of it', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -DAY, max: 40 * DAY }),
      fc.integer({ min: 0, max: 60 * DAY }),
      fc.option(
        fc.constant([
          { sizeMs: MINUTE, keepMs: DAY },
          { sizeMs: 5 * MINUTE, keepMs: 7 * DAY },
        ]),
        { nil: undefined },
      ),
      fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
      async (timeMs, lateMs, retention, coldDays) => {
        const view = {
          windows: [MINUTE, 5 * MINUTE],
          zone: 'UTC',
          ...(retention ? { retention } : {}),
        } as unknown as ViewDefinition
        const cold = coldDays === undefined ? [] : [{ fromMs: 0, toMs: coldDays * DAY, sizeMs: 60 * MINUTE }]
        const size = foldResolution(view, timeMs, timeMs + lateMs)
        const folded = Math.floor(timeMs / size) * size
        const [[found]] = (await db.query(
          `SELECT ${windowSql(view, cold, 't', 'e')} FROM (SELECT ${timeMs}::BIGINT AS t, ${timeMs + lateMs}::BIGINT AS e)`,
        )) as [[bigint]]
        expect(Number(found)).toBe(comparedWindow(cold)(folded))
      },
    ),
  ))
