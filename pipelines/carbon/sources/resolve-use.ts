import { co2Of } from '../co2.js'
import type { CoefficientTable } from '../coefficients.js'
import { fillGaps } from '../gap-fill.js'
import { addMonths, monthsBetween } from '../months.js'
import type { BuildingReading, KaptReading } from './energy-readings.js'

/** kWh of gas to m3. */
const GAS_M3_PER_KWH = 0.09
/** Readings of the last months come late: they are waited for, not guessed. */
export const LATE_MONTHS = 2

export type ValueFrom = 'k-apt' | 'building' | 'estimate'
interface Value {
  readonly amount: number
  readonly from: ValueFrom
}

/** What the stream is sent of a complex and a month. */
export interface EnergyRecord {
  readonly id: string
  readonly kaptCode: string
  readonly date: string
  readonly sigungu: string | null
  readonly helect: number | null
  readonly helectFrom: ValueFrom | null
  readonly hgas: number | null
  readonly hgasFrom: ValueFrom | null
  readonly hwaterCool: number | null
  readonly hwaterCoolFrom: ValueFrom | null
  readonly carbonEnergy: number
  readonly coefficients: string
  readonly sign: 1 | -1
}

/** Everything known of one complex. */
export interface ComplexReadings {
  readonly kaptCode: string
  readonly sigungu: string | null
  readonly kapt: ReadonlyMap<string, KaptReading>
  /** kWh by month. */
  readonly electricity: ReadonlyMap<string, BuildingReading>
  /** kWh by month. */
  readonly gas: ReadonlyMap<string, BuildingReading>
}

/**
 * One record per month of which anything is known. Each value has its own origin, the first of: what K-apt says (a 0 only
 * for the gas of a complex on district heating), the building-energy service, an estimate from the complex's own months.
 *
 * @param first `yyyyMM`, inclusive. @param last `yyyyMM`, inclusive; its last months are not estimated.
 */
export function resolveUse(
  complex: ComplexReadings,
  { first, last }: { readonly first: string; readonly last: string },
  table: CoefficientTable,
): readonly EnergyRecord[] {
  const { kaptCode, sigungu, kapt, electricity, gas } = complex
  const months = monthsBetween(first, last)
  const heated = [...kapt.values()].some(({ districtHeated }) => districtHeated)
  const metered = (amount: number | undefined): Value | null => (amount ? { amount, from: 'k-apt' } : null)
  const building = (reading: BuildingReading | undefined, factor: number): Value | null => {
    const amount = Math.round((reading?.useQty ?? 0) * factor)
    return amount > 0 ? { amount, from: 'building' } : null
  }
  const series = {
    helect: months.map((m) => metered(kapt.get(m)?.helect) ?? building(electricity.get(m), 1)),
    hgas: months.map(
      (m) =>
        metered(kapt.get(m)?.hgas) ??
        building(gas.get(m), GAS_M3_PER_KWH) ??
        (heated && kapt.has(m) ? ({ amount: 0, from: 'k-apt' } as const) : null),
    ),
    hwaterCool: months.map((m) => metered(kapt.get(m)?.hwaterCool)),
  }
  const sure = addMonths(last, -LATE_MONTHS)
  const [helect, hgas, water] = [series.helect, series.hgas, series.hwaterCool].map((values) =>
    estimated(months, values, sure),
  ) as [Column, Column, Column]
  return months.flatMap((date, i): EnergyRecord[] => {
    const [e, g, w] = [helect[i] ?? null, hgas[i] ?? null, water[i] ?? null]
    const use = { electricity: e?.amount ?? null, gas: g?.amount ?? null, water: w?.amount ?? null }
    const carbonEnergy = co2Of(use, table)
    if (carbonEnergy === null) return []
    return [
      {
        id: `${kaptCode}${date}`,
        kaptCode,
        date,
        sigungu,
        helect: use.electricity,
        helectFrom: e?.from ?? null,
        hgas: use.gas,
        hgasFrom: g?.from ?? null,
        hwaterCool: use.water,
        hwaterCoolFrom: w?.from ?? null,
        carbonEnergy,
        coefficients: table.version,
        sign: 1,
      },
    ]
  })
}

type Column = readonly (Value | null)[]

/** Fills what is missing up to the month `sure`: as a year before, else from the nearest months. */
function estimated(months: readonly string[], values: Column, sure: string): Column {
  const filled = fillGaps(values.map((value) => value?.amount ?? null))
  return values.map((value, i) => {
    if (value !== null || (months[i] as string) > sure || filled === null) return value
    const yearBefore = values[i - 12]
    return { amount: yearBefore?.amount || (filled[i] as number), from: 'estimate' }
  })
}
