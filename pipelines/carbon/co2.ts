import type { Coefficient, CoefficientTable } from './coefficients.js'

/** A month's use; null is not known, which is not 0. */
export interface Use {
  /** kWh */
  readonly electricity: number | null
  /** m3 */
  readonly gas: number | null
  /** m3 */
  readonly water: number | null
}

/** kg CO2-eq of what is known, each energy cut to whole kg before they are added; null where nothing is known. */
export function co2Of({ electricity, gas, water }: Use, table: CoefficientTable): number | null {
  const parts = [
    kilograms(electricity, table.electricity),
    kilograms(gas, table.gas),
    kilograms(water, table.water),
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0)
}

function kilograms(amount: number | null, coefficient: Coefficient | null): number | null {
  // whole numbers to the end: 0.4663 has no exact double
  return amount === null || coefficient === null ? null : Math.floor((amount * coefficient.tenThousandths) / 10_000)
}

/** Pines that take up so many kg of CO2 in a year, 6.6 kg each. */
export function pineTrees(kilogramsCo2: number): number {
  return Math.floor(Math.round(kilogramsCo2 / 6.6 / 0.1) / 10)
}
