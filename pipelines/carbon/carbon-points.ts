/** Points by energy for a reduction of at least 5, 10 and 15 percent. */
const POINTS = Object.freeze({
  electricity: [5_000, 10_000, 15_000],
  water: [750, 1_500, 2_000],
  gas: [3_000, 6_000, 8_000],
} as const)

export type Energy = keyof typeof POINTS
export const ENERGIES = Object.freeze(Object.keys(POINTS) as Energy[])

/** Use by month, `MM`, of one half of one year; null or 0: not known. */
export type HalfYear = Readonly<Record<string, number | null>>

export interface CarbonPoints {
  /** Percent less than in the same months of last year; 0 where it is not less, or where there is nothing to compare. */
  readonly reduction: Readonly<Record<Energy, number>>
  /** At most 25,000. */
  readonly points: number
}

/** Months of the half-year that a month lies in: 01–06 or 07–12. */
export function halfYearOf(month: number): readonly string[] {
  const first = month < 7 ? 1 : 7
  return Array.from({ length: 6 }, (_, i) => String(first + i).padStart(2, '0'))
}

/**
 * Points that a half-year would earn. Only months known in both years are compared: a half that has just begun would
 * otherwise look like a great saving.
 */
export function carbonPoints(
  now: Readonly<Record<Energy, HalfYear>>,
  lastYear: Readonly<Record<Energy, HalfYear>>,
): CarbonPoints {
  const reduction = { electricity: 0, water: 0, gas: 0 }
  let points = 0
  for (const energy of ENERGIES) {
    const months = Object.keys(now[energy]).filter((month) => now[energy][month] && lastYear[energy][month])
    const total = (of: HalfYear) => months.reduce((sum, month) => sum + (of[month] ?? 0), 0)
    const [is, was] = [total(now[energy]), total(lastYear[energy])]
    reduction[energy] = was > is ? ((was - is) / was) * 100 : 0
    points += pointsOf(energy, was, is)
  }
  return { reduction, points }
}

/** By whole numbers: 15 % of 100 less is 85, whatever a quotient rounds to. */
function pointsOf(energy: Energy, was: number, is: number): number {
  const percent = (was - is) * 100
  const band = [15, 10, 5].findIndex((from) => was > 0 && percent >= from * was)
  return band < 0 ? 0 : (POINTS[energy][2 - band] as number)
}
