/**
 * Buckets of the log-linear histogram: every power of two [2^e, 2^(e + 1)) is cut into `steps` equal parts, for both signs;
 * bucket 0 holds zero. Bucket `b > 0` of exponent e and part k is `1 + (e − firstExponent) · steps + k`, negative values have
 * the negative bucket of their magnitude. No logarithm: e is found by comparison with a table of powers of two, and the part
 * by a multiplication with a power of two, which is exact.
 */
export interface BucketScheme {
  /** Parts per power of two, itself one. */
  readonly steps: number
  /** Magnitudes below 2^firstExponent fall into bucket 0. */
  readonly firstExponent: number
  /** Magnitudes from 2^(lastExponent + 1) on fall into the last bucket. */
  readonly lastExponent: number
}

/** Whole numbers (scaled decimals too) reach from 1 to 2^53 − 1; reals are kept from 2^-64 to 2^128. */
export function bucketScheme(number: 'whole' | 'real', steps: number): BucketScheme {
  return number === 'whole'
    ? { steps, firstExponent: 0, lastExponent: 52 }
    : { steps, firstExponent: -64, lastExponent: 127 }
}

/** 2^firstExponent, 2^(firstExponent + 1), …, 2^lastExponent. */
export function powersOfTwo({ firstExponent, lastExponent }: BucketScheme): number[] {
  return Array.from({ length: lastExponent - firstExponent + 1 }, (_, i) => 2 ** (firstExponent + i))
}

/** Makes the function from a number to its bucket. */
export function createBucketReader(scheme: BucketScheme): (value: number) => number {
  const { steps } = scheme
  const powers = Float64Array.from(powersOfTwo(scheme))
  const first = powers[0] as number
  const end = (powers.at(-1) as number) * 2
  const last = powers.length * steps
  return (value) => {
    const magnitude = value < 0 ? -value : value
    if (magnitude < first) return 0
    if (magnitude >= end) return value < 0 ? -last : last
    let low = 0
    let high = powers.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((powers[middle] as number) <= magnitude) low = middle
      else high = middle - 1
    }
    // 1 + low · steps + floor((magnitude / 2^e − 1) · steps)
    const bucket = 1 + (low - 1) * steps + Math.floor((magnitude / (powers[low] as number)) * steps)
    return value < 0 ? -bucket : bucket
  }
}

/** The number that stands for a bucket: its middle; of whole numbers, the middle of those that it can hold. */
export function bucketMiddle(bucket: number, scheme: BucketScheme, number: 'whole' | 'real'): number {
  if (bucket === 0) return 0
  const { low, high } = bucketBounds(Math.abs(bucket), scheme)
  let middle = (low + high) / 2
  if (number === 'whole') {
    const smallest = Math.ceil(low)
    const largest = Math.ceil(high) - 1
    middle = Math.floor((smallest + largest) / 2)
  }
  return bucket < 0 ? -middle : middle
}

/** Magnitudes of a positive bucket: low inclusive, high exclusive. */
export function bucketBounds(bucket: number, { steps, firstExponent }: BucketScheme): { low: number; high: number } {
  const exponent = Math.floor((bucket - 1) / steps)
  const part = (bucket - 1) % steps
  const base = 2 ** (firstExponent + exponent)
  return { low: base * (1 + part / steps), high: base * (1 + (part + 1) / steps) }
}

/** The middle of the bucket that holds the value of rank ceil(probability · n); null where the histogram is empty. */
export function quantileOf(
  buckets: ReadonlyMap<number, number>,
  probability: number,
  scheme: BucketScheme,
  number: 'whole' | 'real',
): number | null {
  let total = 0
  for (const count of buckets.values()) total += count
  if (total === 0) return null
  const rank = Math.max(1, Math.ceil(probability * total))
  let seen = 0
  let answer = 0
  for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
    seen += buckets.get(bucket) as number
    answer = bucket
    if (seen >= rank) break
  }
  return bucketMiddle(answer, scheme, number)
}
