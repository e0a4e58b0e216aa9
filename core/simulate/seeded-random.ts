/** A source of chance that a seed fixes: equal seeds, equal sequences, on every machine. Not for secrets. */
export interface SeededRandom {
  /** In [0, 1), 32 bits of it. */
  next(): number
  /** A whole number, both bounds inclusive. */
  int(min: number, max: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** @param list not empty. */
  pick<T>(list: readonly T[]): T
  /** An index with a probability in proportion to its weight. @param weights not empty, none negative, not all 0. */
  weighted(weights: readonly number[]): number
  /** Exponentially distributed with the given mean: gaps between independent events. */
  exponential(mean: number): number
  /** Normally distributed. */
  normal(mean: number, deviation: number): number
}

/** @param seed any whole number; `salt` makes independent sequences of one seed. */
export function seededRandom(seed: number, salt = 0): SeededRandom {
  let state = mix(mix(seed | 0) ^ Math.imul(salt | 0, 0x9e3779b1))
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    return mix(state) / 4_294_967_296
  }
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (p) => next() < p,
    pick: (list) => list[Math.floor(next() * list.length)] as (typeof list)[number],
    weighted(weights) {
      let left = next() * weights.reduce((sum, weight) => sum + weight, 0)
      const found = weights.findIndex((weight) => {
        left -= weight
        return left < 0
      })
      // rounding may leave a crumb at the end
      return found < 0 ? weights.length - 1 : found
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    normal: (mean, deviation) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}

/** Spreads 32 bits so that neighbouring states give unrelated numbers; unsigned. */
function mix(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
