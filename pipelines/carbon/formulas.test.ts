import { expect, test } from 'vitest'
import { carbonPoints, halfYearOf } from './carbon-points.js'
import { co2Of, pineTrees } from './co2.js'
import { COEFFICIENTS } from './coefficients.js'
import { fillGaps } from './gap-fill.js'
import { addMonths, askedMonths, monthOf, monthsBetween } from './months.js'
import { lotNumberOf } from './provider/lot-number.js'

test('CO2 of the real month: 506701 kWh, no gas, 23599 m3 of water are 244137 kg', () => {
  expect(co2Of({ electricity: 506_701, gas: 0, water: 23_599 }, COEFFICIENTS.complex)).toBe(244_137)
})

test('each energy is cut to whole kg by exact digits before they are added', () => {
  // 0.4663 × 10,000 is 4662.999… as a double
  expect(co2Of({ electricity: 10_000, gas: null, water: null }, COEFFICIENTS.complex)).toBe(4_663)
  expect(co2Of({ electricity: 1, gas: 1, water: 1 }, COEFFICIENTS.complex)).toBe(2)
  expect(co2Of({ electricity: 100, gas: 100, water: 100 }, COEFFICIENTS.complex)).toBe(46 + 222 + 33)
})

test('what is not known adds nothing, and nothing known is no result', () => {
  expect(co2Of({ electricity: null, gas: null, water: 100 }, COEFFICIENTS.complex)).toBe(33)
  expect(co2Of({ electricity: null, gas: null, water: null }, COEFFICIENTS.complex)).toBeNull()
})

test('the two tables differ, each figure says its unit and origin, and a table without gas counts none', () => {
  const use = { electricity: 1_000, gas: 1_000, water: 1_000 }
  expect(co2Of(use, COEFFICIENTS.complex)).toBe(466 + 2_220 + 333)
  expect(co2Of(use, COEFFICIENTS.household)).toBe(474 + 449)
  expect(COEFFICIENTS.complex.version).not.toBe(COEFFICIENTS.household.version)
  expect(COEFFICIENTS.household.heating).toMatchObject({ tenThousandths: 2_020, unit: 'kWh' })
  expect(COEFFICIENTS.complex.electricity.from).not.toBe('')
})

test.each([
  [0, 0],
  [6.2, 0],
  [6.6, 1],
  [244_137, 36_990],
])('%d kg are taken up by %d pines', (kilograms, pines) => {
  expect(pineTrees(kilograms)).toBe(pines)
})

test.each([
  ['both sides within three months: their mean, cut', [10, null, 21], [10, 15, 21]],
  ['one side more than three months away: the other', [10, 0, null, null, 0, 30], [10, 10, 20, 20, 30, 30]],
  ['the month before more than three away: the one after', [10, 0, 0, 0, 0, 0, 31], [10, 10, 10, 20, 31, 31, 31]],
  [
    'both more than three away: the nearer, the earlier of two as near',
    [10, 0, 0, 0, 0, 0, 0, 0, 50],
    [10, 10, 10, 10, 10, 50, 50, 50, 50],
  ],
  ['one side alone', [null, null, null, null, null, 7], [7, 7, 7, 7, 7, 7]],
  ['no month at all: nothing to show', [null, 0, null], null],
] as const)('a gap with %s', (_, given, expected) => {
  expect(fillGaps(given)).toEqual(expected)
})

const flat = (value: number) => ({ '01': value, '02': value })
test.each([
  [10_000, 9_501, 0],
  [10_000, 9_500, 5_000],
  [10_000, 9_001, 5_000],
  [10_000, 9_000, 10_000],
  [10_000, 8_501, 10_000],
  [10_000, 8_500, 15_000],
  [10_000, 10_000, 0],
  [10_000, 20_000, 0],
])('electricity from %d to %d earns %d points', (was, is, points) => {
  const none = { '01': null }
  const result = carbonPoints(
    { electricity: flat(is), water: none, gas: none },
    { electricity: flat(was), water: none, gas: none },
  )
  expect(result.points).toBe(points)
  expect(result.reduction.electricity).toBeCloseTo(Math.max(0, (1 - is / was) * 100), 10)
})

test('all three at 15 % earn the most there is', () => {
  const of = (value: number) => ({ electricity: flat(value), water: flat(value), gas: flat(value) })
  expect(carbonPoints(of(85), of(100)).points).toBe(25_000)
})

test('a half-year that has just begun is compared with the same months alone', () => {
  const last = { '01': 100, '02': 100, '03': 100, '04': 100, '05': 100, '06': 100 }
  const now = { '01': 99, '02': null, '03': 0 }
  const none = {}
  expect(
    carbonPoints({ electricity: now, water: none, gas: none }, { electricity: last, water: none, gas: none }),
  ).toEqual({ reduction: { electricity: 1, water: 0, gas: 0 }, points: 0 })
})

test('half-years', () => {
  expect(halfYearOf(6)).toEqual(['01', '02', '03', '04', '05', '06'])
  expect(halfYearOf(7)).toEqual(['07', '08', '09', '10', '11', '12'])
})

test("months are Seoul's, and a run asks from January two years before the last month that has ended", () => {
  // Sunday 02:00 of Seoul, 31 December and 1 January around midnight there
  expect(monthOf(Date.UTC(2023, 11, 31, 14, 59))).toBe('202312')
  expect(monthOf(Date.UTC(2023, 11, 31, 15))).toBe('202401')
  expect(askedMonths(Date.UTC(2024, 2, 2, 17))).toEqual({ first: '202201', last: '202402' })
  expect(askedMonths(Date.UTC(2024, 0, 6, 17))).toEqual({ first: '202101', last: '202312' })
  expect(addMonths('202401', -1)).toBe('202312')
  expect(addMonths('202311', 14)).toBe('202501')
  expect(monthsBetween('202311', '202402')).toEqual(['202311', '202312', '202401', '202402'])
})

test.each([
  ['대구광역시 북구 산격동 1234-5 한빛아파트', { bun: '1234', ji: '0005' }],
  ['대구광역시 중구 대봉동 7 은하', { bun: '0007', ji: '0000' }],
  ['대구광역시 달성군 화원읍 천내리 88-12 새봄', { bun: '0088', ji: '0012' }],
  ['대구광역시 북구 산격동', null],
  ['', null],
])('the lot in "%s"', (address, lot) => {
  expect(lotNumberOf(address)).toEqual(lot)
})
