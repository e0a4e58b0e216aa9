import { expect, test } from 'vitest'
import { COEFFICIENTS } from '../coefficients.js'
import { addMonths } from '../months.js'
import type { BuildingReading, KaptReading } from './energy-readings.js'
import { type ComplexReadings, resolveUse } from './resolve-use.js'

const kaptCode = 'A00000001'
const span = { first: '202201', last: '202312' }

const kapt = (month: string, more: Partial<KaptReading> = {}): KaptReading => ({
  part: 'k-apt',
  kaptCode,
  month,
  helect: 1_000,
  hgas: 300,
  hwaterCool: 50,
  districtHeated: false,
  ...more,
})
const building = (energy: BuildingReading['energy'], month: string, useQty: number): BuildingReading => ({
  part: 'building',
  energy,
  kaptCode,
  month,
  useQty,
})

function complex(given: {
  kapt?: readonly KaptReading[]
  electricity?: readonly BuildingReading[]
  gas?: readonly BuildingReading[]
}): ComplexReadings {
  const byMonth = <T extends { readonly month: string }>(list: readonly T[] = []) =>
    new Map(list.map((one) => [one.month, one]))
  return {
    kaptCode,
    sigungu: '27230',
    kapt: byMonth(given.kapt),
    electricity: byMonth(given.electricity),
    gas: byMonth(given.gas),
  }
}
const resolve = (given: Parameters<typeof complex>[0]) => {
  const records = resolveUse(complex(given), span, COEFFICIENTS.complex)
  return (month: string) => records.find(({ date }) => date === month)
}

test('what K-apt says comes first, whatever the buildings say', () => {
  const at = resolve({ kapt: [kapt('202306')], electricity: [building('electricity', '202306', 5)] })
  expect(at('202306')).toEqual({
    id: 'A00000001202306',
    kaptCode,
    date: '202306',
    sigungu: '27230',
    helect: 1_000,
    helectFrom: 'k-apt',
    hgas: 300,
    hgasFrom: 'k-apt',
    hwaterCool: 50,
    hwaterCoolFrom: 'k-apt',
    carbonEnergy: 466 + 666 + 16,
    coefficients: 'complex-2021',
    sign: 1,
  })
})

test('a 0 of K-apt is filled from the buildings, gas at 0.09 m3 a kWh', () => {
  const at = resolve({
    kapt: [kapt('202306', { helect: 0, hgas: 0 })],
    electricity: [building('electricity', '202306', 990.4)],
    gas: [building('gas', '202306', 10_000)],
  })
  expect(at('202306')).toMatchObject({ helect: 990, helectFrom: 'building', hgas: 900, hgasFrom: 'building' })
})

test('without either it is estimated: as a year before, else from the nearest months', () => {
  const at = resolve({
    kapt: [kapt('202206', { helect: 700 }), kapt('202306', { helect: 0 }), kapt('202308', { helect: 900 })],
  })
  expect(at('202306')).toMatchObject({ helect: 700, helectFrom: 'estimate', hgas: 300, hgasFrom: 'k-apt' })
  expect(at('202307')).toMatchObject({ helect: 900, helectFrom: 'estimate', hwaterCoolFrom: 'estimate' })
})

test('the gas of a complex on district heating is 0 where it reports, not a gap', () => {
  const at = resolve({ kapt: [kapt('202306', { hgas: 0, districtHeated: true })] })
  expect(at('202306')).toMatchObject({ hgas: 0, hgasFrom: 'k-apt' })
  const gasless = resolve({ kapt: [kapt('202306', { hgas: 0 })] })
  expect(gasless('202306')).toMatchObject({ hgas: null, hgasFrom: null })
})

test('the last two months are waited for, not guessed', () => {
  const at = resolve({ kapt: [kapt('202310')] })
  expect(at('202309')).toMatchObject({ helectFrom: 'estimate' })
  for (const month of ['202311', '202312']) expect(at(month)).toBeUndefined()
})

test('a complex of which nothing is known has no records', () => {
  expect(resolveUse(complex({}), span, COEFFICIENTS.complex)).toEqual([])
})

test('every month of a complex has one record, in order', () => {
  const records = resolveUse(complex({ kapt: [kapt('202207')] }), span, COEFFICIENTS.complex)
  expect(records.map(({ date }) => date)).toEqual(Array.from({ length: 22 }, (_, i) => addMonths('202201', i)))
})
