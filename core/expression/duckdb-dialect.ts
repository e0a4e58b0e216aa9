import { freeze } from '../freeze.js'
import type { SqlDialect } from './sql-dialect.js'

/** DuckDB 1.5. */
export const duckdb: SqlDialect = freeze({
  name: 'duckdb',
  identifier: (name: string) => `"${name.replaceAll('"', '""')}"`,
  // a NUL ends the statement's text, so it is spelled
  text: (value: string) => {
    const quoted = value.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`)
    return quoted.length === 1 ? (quoted[0] as string) : `(${quoted.join(' || chr(0) || ')})`
  },
  // a bare literal would be 32 bits wide, and so would be its sums
  whole: (value: number) => `CAST(${value} AS BIGINT)`,
  // a bare 0.1 would be a decimal
  real: (value: number) => `CAST('${value}' AS DOUBLE)`,
  nullOf: (kind: 'text' | 'whole' | 'real' | 'boolean') =>
    `CAST(NULL AS ${{ text: 'VARCHAR', whole: 'BIGINT', real: 'DOUBLE', boolean: 'BOOLEAN' }[kind]})`,
  toReal: (whole: string) => `CAST(${whole} AS DOUBLE)`,
  toWhole: (real: string) => `CAST(${real} AS BIGINT)`,
  toText: (value: string) => `CAST(${value} AS VARCHAR)`,
  isFinite: (real: string) => `isfinite(${real})`,
  divideWhole: (dividend: string, divisor: string) => `((${dividend}) // ${divisor})`,
  translate: (text: string, from: string, to: string) => `translate(${text}, '${from}', '${to}')`,
  trim: (text: string, characters: string) =>
    `trim(${text}, ${[...characters].map((c) => `chr(${c.charCodeAt(0)})`).join(' || ')})`,
  length: (text: string) => `length(${text})`,
  substring: (text: string, from: number, length: number) => `substring(${text}, ${from + 1}, ${length})`,
  startsWith: (text: string, prefix: string) => `starts_with(${text}, ${prefix})`,
  endsWith: (text: string, suffix: string) => `ends_with(${text}, ${suffix})`,
  contains: (text: string, part: string) => `contains(${text}, ${part})`,
  calendar: (field: 'day-of-month' | 'month' | 'year', timeMs: string) =>
    `${{ 'day-of-month': 'day', month: 'month', year: 'year' }[field]}(epoch_ms(${timeMs}))`,
  hash: (text: string) => `md5_number_upper(${text})`,
  hllCode: (hash: string, precision: number) => {
    const rest = `CAST(${hash} >> ${precision} AS BIGINT)`
    // xor with its predecessor leaves the trailing zeros and the lowest one: their number is ρ
    const rho = `CASE WHEN ${rest} = 0 THEN ${65 - precision} ELSE bit_count(xor(${rest}, ${rest} - 1)) END`
    return `CAST(${hash} & CAST(${2 ** precision - 1} AS UBIGINT) AS INTEGER) * 64 + ${rho}`
  },
  distinctText: (value: string) => `CAST(list(DISTINCT ${value}) FILTER (WHERE ${value} IS NOT NULL) AS VARCHAR)`,
  countsText: (value: string) => `CAST(histogram(${value}) AS VARCHAR)`,
  sumWhole: (value: string) => `sum(${value})`,
  sumSquares: (value: string) => `sum(CAST(${value} AS HUGEINT) * ${value})`,
})
