import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { type SeededRandom, seededRandom } from '../../../core/index.js'
import type { Complex } from './complexes.js'

/** What K-apt has of a complex and a month; everything 0: not reported. */
export interface Reading {
  /** kWh */
  readonly helect: number
  /** m3 */
  readonly hgas: number
  /** m3 */
  readonly hwaterCool: number
  /** Mcal */
  readonly hheat: number
  /** t */
  readonly hwaterHot: number
}

/** What the building-energy service has; null: no data (03). kWh. */
export interface BuildingUse {
  readonly electricity: number | null
  readonly gas: number | null
}

export const NOT_REPORTED: Reading = Object.freeze({ helect: 0, hgas: 0, hwaterCool: 0, hheat: 0, hwaterHot: 0 })

/** Given readings by code and month, `A70384401202102`. */
export type Readings = ReadonlyMap<string, Reading>

/** The reading that the CO2 formula is checked by. */
export const CHECKED: Readings = new Map([
  ['A70384401202102', { helect: 506_701, hgas: 0, hwaterCool: 23_599, hheat: 725, hwaterHot: 9_252 }],
])

/** By month: kWh of electricity, m3 of gas and m3 of water of a household. */
const ELECTRICITY = [340, 320, 300, 280, 270, 290, 380, 410, 300, 280, 290, 320]
const GAS = [95, 90, 65, 40, 22, 14, 10, 9, 11, 25, 55, 85]
const WATER = [14, 13, 14, 14, 15, 15, 16, 17, 15, 15, 14, 14]

/** A complex's month, always the same one; some complexes and months are not reported, and some report no electricity. */
export function readingOf({ kaptCode, kaptdaCnt, codeHeatNm }: Complex, month: string): Reading {
  const random = monthRandom(kaptCode, month, 1)
  if (random.chance(0.04)) return NOT_REPORTED
  const at = Number(month.slice(4)) - 1
  const amount = (byMonth: readonly number[]) =>
    Math.round((byMonth[at] as number) * kaptdaCnt * (0.85 + 0.3 * random.next()))
  const heated = codeHeatNm === '지역난방'
  const helect = amount(ELECTRICITY)
  return {
    helect: random.chance(0.03) ? 0 : helect,
    hgas: heated || hasNoGasReading(kaptCode) ? 0 : amount(GAS),
    hwaterCool: amount(WATER),
    hheat: heated ? amount(GAS) : 0,
    hwaterHot: heated ? Math.round(amount(WATER) / 3) : 0,
  }
}

/** The same month as the lot's own meters have it; one in eight has none. */
export function buildingUseOf(complex: Complex, month: string): BuildingUse {
  const random = monthRandom(complex.kaptCode, month, 2)
  const at = Number(month.slice(4)) - 1
  const amount = (byMonth: readonly number[], factor: number) =>
    random.chance(1 / 8) ? null : Math.round((byMonth[at] as number) * factor * complex.kaptdaCnt * 1_000) / 1_000
  return {
    electricity: amount(ELECTRICITY, 0.97),
    gas: complex.codeHeatNm === '지역난방' ? null : amount(GAS, 1 / 0.09),
  }
}

const row = z.object({
  kaptCode: z.string(),
  reqDate: z.string().regex(/^\d{6}$/),
  elect: z.coerce.number(),
  gas: z.coerce.number(),
  water: z.coerce.number(),
})

/** Readings of a CSV file with the columns kaptCode, reqDate, elect, gas and water. */
export async function readingsOfFile(path: string): Promise<Readings> {
  const rows: unknown[] = parse(await readFile(path), { columns: true, bom: true, trim: true, skip_empty_lines: true })
  return new Map(
    rows.map((given) => {
      const { kaptCode, reqDate, elect, gas, water } = row.parse(given)
      return [`${kaptCode}${reqDate}`, { ...NOT_REPORTED, helect: elect, hgas: gas, hwaterCool: water }]
    }),
  )
}

/** One complex in four has no common gas meter: K-apt says 0. */
const hasNoGasReading = (kaptCode: string): boolean => seededRandom(Number(kaptCode.slice(1)), 7).chance(0.25)

const monthRandom = (kaptCode: string, month: string, salt: number): SeededRandom =>
  seededRandom(Number(kaptCode.slice(1)) ^ (Number(month) * 7_919), salt)
