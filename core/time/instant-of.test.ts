import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { civilOfDays, daysOfCivil } from './civil.js'
import { compileInstant, type InstantFormat, instantOf } from './instant-of.js'

const ISO: InstantFormat = { format: 'iso' }
const SEOUL: InstantFormat = { format: 'yyyy-MM-dd HH:mm:ss', zone: 'Asia/Seoul' }
const LYING: InstantFormat = { format: 'iso', zone: 'Asia/Seoul', ignoreZ: true }

describe.each<[InstantFormat, string | number, number]>([
  [ISO, '2024-02-29T12:34:56Z', Date.UTC(2024, 1, 29, 12, 34, 56)],
  [ISO, '2024-02-29T12:34:56.7Z', Date.UTC(2024, 1, 29, 12, 34, 56, 700)],
  [ISO, '2024-02-29T12:34:56.789999Z', Date.UTC(2024, 1, 29, 12, 34, 56, 789)],
  [ISO, '2024-02-29T12:34:56+09:00', Date.UTC(2024, 1, 29, 3, 34, 56)],
  [ISO, '2024-02-29T12:34:56.1-0530', Date.UTC(2024, 1, 29, 18, 4, 56, 100)],
  [ISO, '2024-02-29T12:34:56+09', Date.UTC(2024, 1, 29, 3, 34, 56)],
  [{ format: 'iso-local', zone: 'Asia/Seoul' }, '2024-02-29T12:34:56', Date.UTC(2024, 1, 29, 3, 34, 56)],
  [LYING, '2022-12-20T09:00:00.123Z', Date.UTC(2022, 11, 20, 0, 0, 0, 123)],
  [LYING, '2022-12-20T09:00:00.123', Date.UTC(2022, 11, 20, 0, 0, 0, 123)],
  [SEOUL, '2022-12-20 09:00:00', Date.UTC(2022, 11, 20)],
  [{ format: 'yyyy-MM-dd HH:mm:ss', zone: 'America/New_York' }, '2019-11-03 01:30:00', Date.UTC(2019, 10, 3, 5, 30)],
  [{ format: 'yyyy-MM-dd HH:mm:ss', zone: 'America/New_York' }, '2019-03-10 02:30:00', Date.UTC(2019, 2, 10, 7, 30)],
  [{ format: 'yyyyMM', zone: 'Asia/Seoul' }, '202102', Date.UTC(2021, 0, 31, 15)],
  [{ format: 'yyyy/MM/dd HH:mm:ss.SSS' }, '1969/12/31 23:59:59.999', -1],
  [{ format: 'yyyy-MM-dd' }, '0001-01-01', -62135596800000],
  [{ format: 'epoch-seconds' }, 1.001, 1001],
  [{ format: 'epoch-seconds' }, '1700000000', 1700000000000],
  [{ format: 'epoch-ms' }, 1700000000123, 1700000000123],
  [{ format: 'epoch-ms' }, -1, -1],
])('%j', (format, value, expected) => {
  test(`reads ${value}`, () => expect(instantOf(value, format)).toBe(expected))
})

describe.each<[InstantFormat, (string | number)[]]>([
  [
    ISO,
    [
      '',
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2024-13-01T00:00:00Z',
      '2024-00-01T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:60:00Z',
      '2024-01-01T00:00:60Z',
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:00.Z',
      '2024-01-01T00:00:00.1234567890Z',
      '2024-01-01T00:00:00Zx',
      '2024-01-01 00:00:00Z',
      '2024-1-01T00:00:00Z',
      '2024-01-01T00:00:00+9',
      '2024-01-01T00:00:00+24:00',
      '２024-01-01T00:00:00Z',
      5,
    ],
  ],
  [
    SEOUL,
    [
      '2022-12-20T09:00:00',
      '2022-12-20 09:00',
      '2022-12-20 09:00:00 ',
      '2022-02-31 00:00:00',
      '2022-12-20 9:00:000',
      20221220,
    ],
  ],
  [{ format: 'yyyyMM' }, ['202113', '2021-1', '20211']],
  [{ format: 'epoch-ms' }, [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1, '1e3', 'x', '']],
  [{ format: 'epoch-seconds' }, [1e13, '0x10', ' 1']],
])('%j', (format, values) => {
  test.each(values)('refuses %s', (value) => expect(instantOf(value, format)).toBeNull())
})

test('a format that is not understood is refused when it is compiled', () => {
  expect(() => compileInstant({ format: 'dd.MM.' })).toThrow('has no year')
  expect(() => compileInstant({ format: 'yyyy-MM-dd hh:mm' })).toThrow('"h" is none of')
  expect(() => compileInstant({ format: 'yyyy yyyy' })).toThrow('yyyy twice')
  expect(() => compileInstant({ format: 'iso', zone: 'Nowhere' })).toThrow('Nowhere')
  expect(() => compileInstant({ format: 'yyyy', ignoreZ: true })).toThrow('ignoreZ')
})

test('law: what toISOString prints is read back', () => {
  const read = compileInstant(ISO)
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(0, 0) - 1e13, max: Date.UTC(9999, 11, 31) }), (t) => {
      const text = new Date(t).toISOString()
      fc.pre(text.length === 24)
      expect(read(text)).toBe(t)
    }),
  )
})

test('law: days and dates are each other’s inverse, also before year 0', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (days) => {
      const { year, month, day } = civilOfDays(days)
      expect(daysOfCivil(year, month, day)).toBe(days)
      const date = new Date(days * 86_400_000)
      expect([year, month, day]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()])
    }),
  )
})
