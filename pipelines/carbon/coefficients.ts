/** One figure of a table and where it comes from. */
export interface Coefficient {
  /** kg CO2-eq per `unit`, in ten-thousandths, so that products stay whole numbers. */
  readonly tenThousandths: number
  readonly unit: 'kWh' | 'm3'
  readonly from: string
}

/** What use is worth in CO2. A table is never changed: another figure makes another version. */
export interface CoefficientTable {
  /** Stored with every result. */
  readonly version: string
  readonly electricity: Coefficient
  readonly water: Coefficient
  /** City gas; null where the table has no figure. */
  readonly gas: Coefficient | null
  /** District heating; null where the table has no figure. */
  readonly heating: Coefficient | null
}

const figure = (perUnit: number, unit: Coefficient['unit'], from: string): Coefficient =>
  Object.freeze({ tenThousandths: Math.round(perUnit * 10_000), unit, from })

const COMPLEX = "Carbon-Tracker (Daegu), the service's formula for complexes"
const HOUSEHOLD = 'apt_energy_pipeline, emission per energy type of a household'

/** Both are in use elsewhere and differ for the same use, hence the version beside every result. */
export const COEFFICIENTS = Object.freeze({
  complex: Object.freeze({
    version: 'complex-2021',
    electricity: figure(0.4663, 'kWh', COMPLEX),
    gas: figure(2.22, 'm3', COMPLEX),
    water: figure(0.3332, 'm3', COMPLEX),
    heating: null,
  }),
  household: Object.freeze({
    version: 'household-2023',
    electricity: figure(0.4747, 'kWh', HOUSEHOLD),
    gas: null,
    water: figure(0.449, 'm3', HOUSEHOLD),
    heating: figure(0.202, 'kWh', HOUSEHOLD),
  }),
}) satisfies Readonly<Record<string, CoefficientTable>>
