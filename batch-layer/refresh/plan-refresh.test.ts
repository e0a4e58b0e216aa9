import { expect, test } from 'vitest'
import { shop } from '../testing/shop.js'
import { planRefresh, UnknownPipelineError } from './plan-refresh.js'

const catalog = shop('clicks').catalog()
const WEEK = 7 * 86_400_000

test('the interval is the week before the scheduled time, and the week is named by its day in Seoul', () => {
  const sunday = Date.UTC(2024, 1, 24, 17) // 25 February, 02:00 in Seoul
  expect(planRefresh(catalog, null, sunday)).toEqual({
    pipeline: 'all',
    week: '2024-02-25',
    fromMs: sunday - WEEK,
    toMs: sunday,
    sources: [],
    streams: ['clicks'],
    collections: [],
  })
  // the last instants of a leap day and of a year, there
  expect(planRefresh(catalog, null, Date.UTC(2024, 1, 29, 14, 59, 59, 999)).week).toBe('2024-02-29')
  expect(planRefresh(catalog, null, Date.UTC(2024, 1, 29, 15)).week).toBe('2024-03-01')
  expect(planRefresh(catalog, null, Date.UTC(2024, 11, 31, 15)).week).toBe('2025-01-01')
})

test('one pipeline alone, and one that is not there', () => {
  expect(planRefresh(catalog, 'shop', 0).pipeline).toBe('shop')
  expect(() => planRefresh(catalog, 'bakery', 0)).toThrow(UnknownPipelineError)
  expect(() => planRefresh(catalog, 'bakery', 0)).toThrow('there is no pipeline "bakery"; there are shop')
})
