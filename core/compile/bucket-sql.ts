import type { SqlContext } from '../expression/sql-context.js'
import type { SqlValue } from '../expression/to-sql.js'
import { bucketScheme, powersOfTwo } from '../measure/histogram.js'

/** Powers of two that are told apart in one step. */
const GROUP = 16

/**
 * The bucket of `histogram.ts` in SQL, as one whole number per row: comparisons with the same powers of two find the group of
 * exponents, then, scaled by that group, the exponent within it; every scaling is by a power of two, which is exact. Two small
 * trees instead of one large one, since planning a statement takes longer than running it.
 */
export function bucketSql(value: SqlValue, number: 'whole' | 'real', steps: number, context: SqlContext): SqlValue {
  const { dialect } = context
  const scheme = bucketScheme(number, steps)
  const powers = powersOfTwo(scheme)
  const groups = powers.filter((_, i) => i % GROUP === 0)
  const absolute = number === 'real' ? `abs(${value.sql})` : dialect.toReal(`abs(${value.sql})`)
  const magnitude = context.bind(absolute, value.layer)

  const group = (leaf: (at: number) => string) => tree(magnitude.sql, groups.map(dialect.real), leaf)
  const scale = group((at) => dialect.real(1 / (groups[at] as number)))
  const scaled = context.bind(`${magnitude.sql} * ${scale}`, magnitude.layer)
  const before = context.bind(
    group((at) => String(1 + at * GROUP * steps)),
    magnitude.layer,
  )

  const within = Array.from({ length: GROUP }, (_, i) => dialect.real(2 ** i))
  // k · steps + floor((scaled / 2^k − 1) · steps)
  const part = tree(
    scaled.sql,
    within,
    (k) => `floor(${scaled.sql} * ${dialect.real(steps / 2 ** k)}) + ${(k - 1) * steps}`,
  )
  const first = dialect.real(powers[0] as number)
  const end = dialect.real((powers.at(-1) as number) * 2)
  const bucket = context.bind(
    `CASE WHEN ${magnitude.sql} < ${first} THEN 0 WHEN ${magnitude.sql} >= ${end} THEN ${powers.length * steps} ` +
      `ELSE ${dialect.toWhole(`${before.sql} + ${part}`)} END`,
    scaled.layer,
  )
  return { ...value, layer: bucket.layer, sql: `CASE WHEN ${value.sql} < 0 THEN -${bucket.sql} ELSE ${bucket.sql} END` }
}

/** `leaf(i)` for the last i with `bounds[i]` ≤ value, the first where the value lies below all: a balanced tree of comparisons. */
function tree(value: string, bounds: readonly string[], leaf: (at: number) => string): string {
  const between = (low: number, high: number): string => {
    if (low === high) return leaf(low)
    const middle = (low + high + 1) >> 1
    return `CASE WHEN ${value} < ${bounds[middle]} THEN ${between(low, middle - 1)} ELSE ${between(middle, high)} END`
  }
  return between(0, bounds.length - 1)
}
