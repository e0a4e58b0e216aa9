import type { Scalar } from '../define/column.js'
import { createHash } from './md5.js'

/**
 * A value's place in a HyperLogLog: register `index` and ρ as one number, `index · 64 + ρ`. Of the 64-bit hash (bytes 0–7 of
 * the MD5 of the value's text, little-endian) the low `precision` bits are the index; ρ is one more than the number of
 * trailing zeros of the rest, 65 − precision where the rest is 0.
 */
export type HllCode = number

/** The text that is hashed: text as it is, integers and times in decimal, booleans as `true` and `false`. */
export function hllText(value: Exclude<Scalar, null>): string {
  return typeof value === 'string' ? value : String(value)
}

/** Entries of one reader's cache of values; a reader starts anew when it is full. */
const CACHE_ENTRIES = 65_536

/** Makes a function from values to their codes, with a bounded cache of its own. */
export function createHllReader(precision: number): (value: Exclude<Scalar, null>) => HllCode {
  const hash = createHash()
  const mask = 2 ** precision - 1
  const cache = new Map<Exclude<Scalar, null>, HllCode>()
  return (value) => {
    const known = cache.get(value)
    if (known !== undefined) return known
    const { low, high } = hash(hllText(value))
    const rest = low >>> precision
    let rho: number
    if (rest !== 0) rho = 32 - Math.clz32(rest & -rest)
    else if (high !== 0) rho = 32 - precision + 32 - Math.clz32(high & -high)
    else rho = 65 - precision
    const code = (low & mask) * 64 + rho
    if (cache.size >= CACHE_ENTRIES) cache.clear()
    cache.set(value, code)
    return code
  }
}

/** Raises the register that a code names. */
export function addHllCode(registers: Map<number, number>, code: HllCode): void {
  const rho = code & 63
  const index = (code - rho) / 64
  const held = registers.get(index)
  if (held === undefined || held < rho) registers.set(index, rho)
}

/**
 * Estimated number of different values, rounded to a whole number: the estimator of O. Ertl, "New cardinality estimation
 * algorithms for HyperLogLog sketches" (arXiv:1702.01284), algorithm 6, which needs neither bias tables nor a switch to linear
 * counting. Standard error 1.04 / sqrt(2^precision). Deterministic: the same registers give the same number.
 */
export function estimateHll(registers: ReadonlyMap<number, number>, precision: number): number {
  const m = 2 ** precision
  const q = 64 - precision
  if (registers.size === 0) return 0
  const histogram = new Array<number>(q + 2).fill(0)
  histogram[0] = m - registers.size
  for (const rho of registers.values()) (histogram[rho] as number)++
  const at = (k: number) => histogram[k] as number
  let z = m * tau(1 - at(q + 1) / m)
  for (let k = q; k >= 1; k--) z = 0.5 * (z + at(k))
  z += m * sigma(at(0) / m)
  return Math.round((m * (m / (2 * Math.LN2))) / z)
}

/** σ(x) = x + Σ x^(2^k) · 2^(k−1), k ≥ 1. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY
  let power = x
  let weight = 1
  let sum = x
  for (let before = Number.NaN; before !== sum; ) {
    power *= power
    before = sum
    sum += power * weight
    weight += weight
  }
  return sum
}

/** τ(x) = (1 − x − Σ (1 − x^(2^−k))² · 2^−k) / 3, k ≥ 1. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let root = x
  let weight = 1
  let sum = 1 - x
  for (let before = Number.NaN; before !== sum; ) {
    root = Math.sqrt(root)
    before = sum
    weight *= 0.5
    sum -= (1 - root) ** 2 * weight
  }
  return sum / 3
}
