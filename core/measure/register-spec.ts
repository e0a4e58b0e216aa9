/** One register, or one bag of like registers (a sketch), of a cell. Every one merges by add, min or max alone. */
export type RegisterSpec = NumberRegister | HllRegister | HistogramRegister

/** A single number. `add` starts at 0, `min` and `max` at null (no value seen). */
export interface NumberRegister {
  readonly kind: 'number'
  /** `<measure>.<part>`, e.g. `searches.n`, `fare.s`, `fare.s2`; or `overflow`. */
  readonly name: string
  readonly op: 'add' | 'min' | 'max'
  /** `whole`: integers and scaled decimals, exact. `real`: a double, stated tolerance 1e-9 relative. */
  readonly number: 'whole' | 'real'
}

/** HyperLogLog registers: index → max ρ. */
export interface HllRegister {
  readonly kind: 'hll'
  readonly name: string
  /** 2^precision registers. */
  readonly precision: number
}

/** Log-linear histogram: bucket index → count (add). */
export interface HistogramRegister {
  readonly kind: 'histogram'
  readonly name: string
}
