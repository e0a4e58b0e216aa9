/**
 * The registers of one cell, aligned with the view's `registers`:
 * - number/add: number while it is a safe integer (or a real), bigint beyond; starts at 0
 * - number/min, max: number or null
 * - hll: Map index → ρ; histogram: Map bucket → count (empty map = identity)
 */
export type RegisterValue = number | bigint | null | Map<number, number>
export type Registers = RegisterValue[]

/**
 * A cell as text, the form in which it is stored, compared and shipped.
 * `key` is the JSON array `[windowStartMs, dimension, …]` (canonical: `JSON.stringify`, no spaces).
 * `registers` is the canonical text of `encodeRegisters`: equal registers give equal text, and it contains no newline.
 */
export interface EncodedCell {
  readonly key: string
  readonly registers: string
}
