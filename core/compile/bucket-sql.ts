import type { SqlDialect } from '../expression/sql-dialect.js'
import { bucketScheme, powersOfTwo } from '../measure/histogram.js'
import type { NumberType } from '../measure/measure-spec.js'

/**
 * The bucket of `histogram.ts` in SQL: a balanced tree of comparisons with the same powers of two finds the exponent, and each
 * leaf multiplies by a power of two, which is exact.
 */
export function bucketSql(value: string, input: NumberType, steps: number, dialect: SqlDialect): string {
  const scheme = bucketScheme(input.kind === 'real' ? 'real' : 'whole', steps)
  const powers = powersOfTwo(scheme)
  const magnitude = input.kind === 'real' ? `abs(${value})` : dialect.toReal(`abs(${value})`)
  const tree = (low: number, high: number): string => {
    if (low === high) {
      // 1 + low · steps + floor((magnitude / 2^e − 1) · steps)
      return `floor(${magnitude} * ${dialect.real(steps / (powers[low] as number))}) + ${1 + (low - 1) * steps}`
    }
    const middle = (low + high + 1) >> 1
    return `CASE WHEN ${magnitude} < ${dialect.real(powers[middle] as number)} THEN ${tree(low, middle - 1)} ELSE ${tree(middle, high)} END`
  }
  const first = dialect.real(powers[0] as number)
  const end = dialect.real((powers.at(-1) as number) * 2)
  const positive = `CASE WHEN ${magnitude} >= ${end} THEN ${powers.length * steps} ELSE ${tree(0, powers.length - 1)} END`
  const bucket = dialect.toWhole(`CASE WHEN ${magnitude} < ${first} THEN 0 ELSE ${positive} END`)
  return `CASE WHEN ${value} < 0 THEN -${bucket} ELSE ${bucket} END`
}
