import type { ColumnType } from '../define/column.js'
import { zoneTable } from '../time/zone.js'
import type { CallNode, ExprNode, LiteralNode } from './expr-node.js'
import { MAX_WHOLE } from './expr-node.js'
import { TRIMMED } from './runtime.js'
import type { SqlContext } from './sql-context.js'
import { type SqlDialect, sqlLiteral } from './sql-dialect.js'
import { isNumber, scaleOf, typeOfCall } from './type-of.js'

// One case per operation, beside `to-javascript.ts` case by case: longer than most files, but split it would be harder to compare.

/** A compiled expression. */
export interface SqlValue {
  readonly sql: string
  readonly type: ColumnType
  /** SQL that is true (never null) where a whole-number result left ±(2^53 − 1); null where none can. */
  readonly overflow: string | null
  /** Layer of the context in which everything that `sql` and `overflow` name is known. */
  readonly layer: number
}

/** Text past which a value is given a name before it is repeated. */
const LONG = 80

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DAY_MS = 86_400_000

/** Compiles an expression to SQL over `context.relation(…)`. Gives the values and the overflow of `to-javascript.ts`, to the bit. */
export function toSql(node: ExprNode, context: SqlContext): SqlValue {
  const { dialect } = context
  switch (node.kind) {
    case 'column': {
      const column = context.columns.find(({ name }) => name === node.name)
      if (column === undefined) throw new Error(`there is no column "${node.name}"`)
      return { sql: dialect.identifier(node.name), type: column.type, overflow: null, layer: 0 }
    }
    case 'literal':
      return { sql: literalSql(node, dialect), type: node.type, overflow: null, layer: 0 }
    case 'call': {
      const args = node.args.map((arg) => toSql(arg, context))
      const type = typeOfCall(
        node,
        args.map((arg) => arg.type),
      )
      if (node.op === 'case') return caseSql(args, type, context)
      if (node.op === 'coalesce') return coalesceSql(args, type, context)
      return callSql(node, args, type, context)
    }
  }
}

/** SQL that is true where one of the conditions is; null where there is none. */
export function anyOf(conditions: readonly (string | null)[]): string | null {
  const present = [...new Set(conditions)].filter((condition) => condition !== null)
  return present.length === 0 ? null : present.length === 1 ? (present[0] as string) : `(${present.join(' OR ')})`
}

function literalSql({ value, type }: LiteralNode, dialect: SqlDialect): string {
  if (value !== null) return sqlLiteral(dialect, value, type.kind === 'real')
  const kind = type.kind === 'text' || type.kind === 'real' || type.kind === 'boolean' ? type.kind : 'whole'
  return dialect.nullOf(kind)
}

function callSql(node: CallNode, given: readonly SqlValue[], type: ColumnType, context: SqlContext): SqlValue {
  const { dialect } = context
  const short = given.map((arg) => named(arg, context))
  const [a, b] = short as [SqlValue, SqlValue]
  const plain = (sql: string): SqlValue => ({ ...together(short), sql, type })
  const parameter = (at: number) => (node.args[at] as LiteralNode).value as number
  switch (node.op) {
    case 'is':
      return plain(compared(a, '=', b, dialect))
    case 'is-not':
      return plain(compared(a, '<>', b, dialect))
    case 'gt':
      return plain(compared(a, '>', b, dialect))
    case 'gte':
      return plain(compared(a, '>=', b, dialect))
    case 'lt':
      return plain(compared(a, '<', b, dialect))
    case 'lte':
      return plain(compared(a, '<=', b, dialect))
    case 'in': {
      const values = short.slice(1)
      if (!isNumber(a.type)) return plain(`(${a.sql} IN (${values.map(({ sql }) => sql).join(', ')}))`)
      return plain(`(${values.map((value) => compared(a, '=', value, dialect)).join(' OR ')})`)
    }
    case 'is-null':
      return plain(`(${a.sql} IS NULL)`)
    case 'and':
      return plain(`(${short.map(({ sql }) => sql).join(' AND ')})`)
    case 'or':
      return plain(`(${short.map(({ sql }) => sql).join(' OR ')})`)
    case 'not':
      return plain(`(NOT ${a.sql})`)
    case 'plus':
    case 'minus': {
      const operator = node.op === 'plus' ? '+' : '-'
      const [left, right] = [converted(a, type, context), converted(b, type, context)]
      return checked([left, right], `${left.sql} ${operator} ${right.sql}`, type, context)
    }
    case 'times': {
      if (type.kind === 'real') {
        const [left, right] = [converted(a, type, context), converted(b, type, context)]
        return checked([left, right], `${left.sql} * ${right.sql} + 0`, type, context)
      }
      // as reals, since 64 bits may not hold it; up to 2^53 the product of reals is exact, beyond it is still beyond
      return checked([a, b], `${dialect.toReal(a.sql)} * ${dialect.toReal(b.sql)}`, type, context, 'real')
    }
    case 'divided-by':
      return checked([a, b], `CASE WHEN ${b.sql} <> 0 THEN ${quotient(a, b, dialect)} END`, type, context)
    case 'abs':
      return plain(`abs(${a.sql})`)
    case 'negate':
      return plain(`(0 - ${a.sql})`)
    case 'round':
      return a.type.kind === 'real' ? roundReal(a, type, context) : roundDecimal(a, type, context)
    case 'floor-to': {
      if (type.kind === 'real') return checked([a], `floor(${a.sql} / ${b.sql}) * ${b.sql} + 0`, type, context)
      return floored(a, parameter(1), type, dialect)
    }
    case 'to-real':
      return converted(a, type, context)
    case 'lower':
      return plain(dialect.translate(a.sql, UPPER, LOWER))
    case 'upper':
      return plain(dialect.translate(a.sql, LOWER, UPPER))
    case 'trim':
      return plain(dialect.trim(a.sql, TRIMMED))
    case 'length':
      return plain(dialect.length(a.sql))
    case 'substring':
      return plain(dialect.substring(a.sql, parameter(1), parameter(2)))
    case 'concat':
      return plain(`(${short.map(({ sql }) => sql).join(' || ')})`)
    case 'starts-with':
      return plain(dialect.startsWith(a.sql, b.sql))
    case 'ends-with':
      return plain(dialect.endsWith(a.sql, b.sql))
    case 'contains':
      return plain(dialect.contains(a.sql, b.sql))
    case 'to-text':
      return plain(dialect.toText(a.sql))
    case 'plus-ms':
      return checked([a, b], `${a.sql} + ${b.sql}`, type, context)
    case 'ms-since':
      return checked([a, b], `${a.sql} - ${b.sql}`, type, context)
    case 'truncate':
      return floored(a, parameter(1), type, dialect)
    case 'hour':
    case 'minute':
    case 'day-of-week':
    case 'day-of-month':
    case 'month':
    case 'year': {
      const zone = String((node.args[1] as LiteralNode).value)
      const local = bound({ ...a, sql: `${a.sql} + ${offsetSql(a.sql, zone)}` }, context)
      return { ...local, sql: calendarSql(node.op, local.sql, dialect), type }
    }
    case 'coalesce':
    case 'case':
      throw new Error(`${node.op} evaluates its arguments itself`)
  }
}

/** What follows from several values used side by side. */
function together(values: readonly SqlValue[]): Pick<SqlValue, 'overflow' | 'layer'> {
  return {
    overflow: anyOf(values.map(({ overflow }) => overflow)),
    layer: Math.max(0, ...values.map(({ layer }) => layer)),
  }
}

function bound(value: SqlValue, context: SqlContext): SqlValue {
  return { ...value, ...context.bind(value.sql, value.layer) }
}

/** The value under a short name, so that it may be repeated. */
function named(value: SqlValue, context: SqlContext): SqlValue {
  const short = value.sql.length > LONG ? bound(value, context) : value
  if (short.overflow === null || short.overflow.length <= LONG) return short
  const overflow = context.bind(short.overflow, short.layer)
  return { ...short, overflow: overflow.sql, layer: Math.max(short.layer, overflow.layer) }
}

/** A number that is null where its range is left; `raw` may be a real that stands for a whole number. */
function checked(
  args: readonly SqlValue[],
  sql: string,
  type: ColumnType,
  context: SqlContext,
  raw: 'real' | 'whole' = 'whole',
): SqlValue {
  const { dialect } = context
  const from = together(args)
  const value = bound({ ...from, sql, type }, context)
  if (type.kind === 'real') return { ...value, sql: `CASE WHEN ${dialect.isFinite(value.sql)} THEN ${value.sql} END` }
  const fits = `${value.sql} BETWEEN -${MAX_WHOLE} AND ${MAX_WHOLE}`
  return {
    ...value,
    sql: `CASE WHEN ${fits} THEN ${raw === 'real' ? dialect.toWhole(value.sql) : value.sql} END`,
    overflow: anyOf([from.overflow, `(${value.sql} IS NOT NULL AND NOT (${fits}))`]),
  }
}

function converted(value: SqlValue, type: ColumnType, context: SqlContext): SqlValue {
  if (!isNumber(type) || (value.type.kind === type.kind && scaleOf(value.type) === scaleOf(type))) return value
  const short = named(value, context)
  if (type.kind === 'real') return { ...short, sql: realSql(short, context.dialect), type }
  const by = scaleOf(type) - scaleOf(value.type)
  if (by === 0) return { ...short, type }
  const { dialect } = context
  return checked([short], `${dialect.toReal(short.sql)} * ${10 ** by}`, type, context, 'real')
}

function realSql({ sql, type }: SqlValue, dialect: SqlDialect): string {
  if (type.kind === 'real') return sql
  const real = dialect.toReal(sql)
  return type.kind === 'decimal' && type.scale > 0 ? `(${real} / ${dialect.real(10 ** type.scale)})` : real
}

/** See `compared` in `to-javascript.ts`: as reals a product beyond 2^53 is inexact, but compares as it should. */
function compared(a: SqlValue, operator: string, b: SqlValue, dialect: SqlDialect): string {
  if (a.type.kind === 'real' || b.type.kind === 'real')
    return `(${realSql(a, dialect)} ${operator} ${realSql(b, dialect)})`
  const by = scaleOf(a.type) - scaleOf(b.type)
  if (by === 0) return `(${a.sql} ${operator} ${b.sql})`
  const [left, right] = [dialect.toReal(a.sql), dialect.toReal(b.sql)]
  return by < 0
    ? `(${left} * ${dialect.real(10 ** -by)} ${operator} ${right})`
    : `(${left} ${operator} ${right} * ${dialect.real(10 ** by)})`
}

function quotient(a: SqlValue, b: SqlValue, dialect: SqlDialect): string {
  if (a.type.kind === 'real' || b.type.kind === 'real') return `${realSql(a, dialect)} / ${realSql(b, dialect)} + 0`
  const by = scaleOf(b.type) - scaleOf(a.type)
  const correction = by > 0 ? ` * ${dialect.real(10 ** by)}` : by < 0 ? ` / ${dialect.real(10 ** -by)}` : ''
  return `${dialect.toReal(a.sql)} / ${dialect.toReal(b.sql)}${correction} + 0`
}

/** Number of the interval of `size` that holds a safe whole number, never negative: `startOfInterval` gives its start. */
export function intervalOf(sql: string, size: number, dialect: SqlDialect): string {
  // shifted up by a multiple of the size, so that one cut division does
  return dialect.divideWhole(`${sql} + ${shiftFor(size)}`, String(size))
}

export function startOfInterval(interval: string, size: number): string {
  return `${interval} * ${size} - ${shiftFor(size)}`
}

/**
 * Tested on the argument, not on the result: what an engine knows of a column's least value then decides the test once, and
 * the common case costs nothing per row.
 */
function floored(a: SqlValue, size: number, type: ColumnType, dialect: SqlDialect): SqlValue {
  const least = -Math.floor(MAX_WHOLE / size) * size
  return {
    ...a,
    type,
    sql: `CASE WHEN ${a.sql} >= ${least} THEN ${startOfInterval(intervalOf(a.sql, size, dialect), size)} END`,
    overflow: anyOf([a.overflow, `(${a.sql} < ${least} AND ${a.sql} IS NOT NULL)`]),
  }
}

function floorModulo(sql: string, size: number): string {
  return `((${sql} + ${shiftFor(size)}) % ${size})`
}

/** The smallest multiple of `size` that makes any instant and any safe whole number positive. As bigint: it passes 2^53. */
function shiftFor(size: number): bigint {
  const least = 2n ** 53n + BigInt(2 * DAY_MS)
  return ((least + BigInt(size) - 1n) / BigInt(size)) * BigInt(size)
}

function roundDecimal(a: SqlValue, type: ColumnType, context: SqlContext): SqlValue {
  const by = scaleOf(a.type) - scaleOf(type)
  if (by <= 0) return converted(a, type, context)
  const unit = 10 ** by
  const away = `CASE WHEN 2 * abs(${a.sql} % ${unit}) < ${unit} THEN 0 WHEN ${a.sql} < 0 THEN -1 ELSE 1 END`
  return {
    ...a,
    sql: `(${context.dialect.divideWhole(`${a.sql} - ${a.sql} % ${unit}`, String(unit))} + ${away})`,
    type,
  }
}

function roundReal(a: SqlValue, type: ColumnType, context: SqlContext): SqlValue {
  const { dialect } = context
  const scaled = bound({ ...a, sql: `abs(${a.sql}) * ${dialect.real(10 ** scaleOf(type))}` }, context)
  // as in JavaScript, Infinity less its floor is not a number, which compares with nothing
  const up = `(${dialect.isFinite(scaled.sql)} AND ${scaled.sql} - floor(${scaled.sql}) >= 0.5)`
  const magnitude = bound(
    { ...scaled, sql: `CASE WHEN ${up} THEN floor(${scaled.sql}) + 1 ELSE floor(${scaled.sql}) END` },
    context,
  )
  return checked(
    [magnitude],
    `CASE WHEN ${a.sql} < 0 THEN 0 - ${magnitude.sql} ELSE ${magnitude.sql} END`,
    type,
    context,
    'real',
  )
}

/** The zone's offset at an instant: a balanced tree of comparisons with the changes known to `zoneTable`. */
function offsetSql(time: string, zone: string): string {
  const { startsMs, offsetsMs } = zoneTable(zone)
  const tree = (low: number, high: number): string => {
    if (low === high) return String(offsetsMs[low])
    const middle = (low + high + 1) >> 1
    return `CASE WHEN ${time} < ${startsMs[middle]} THEN ${tree(low, middle - 1)} ELSE ${tree(middle, high)} END`
  }
  return tree(0, offsetsMs.length - 1)
}

function calendarSql(field: string, local: string, dialect: SqlDialect): string {
  switch (field) {
    case 'hour':
      return dialect.divideWhole(floorModulo(local, DAY_MS), '3600000')
    case 'minute':
      return dialect.divideWhole(floorModulo(local, 3_600_000), '60000')
    case 'day-of-week':
      // 1970-01-01 was a Thursday, day 4
      return `(${dialect.divideWhole(floorModulo(`${local} + ${3 * DAY_MS}`, 7 * DAY_MS), String(DAY_MS))} + 1)`
    case 'day-of-month':
    case 'month':
    case 'year':
      return dialect.calendar(field, local)
    default:
      throw new Error(`there is no calendar field "${field}"`)
  }
}

function caseSql(args: readonly SqlValue[], type: ColumnType, context: SqlContext): SqlValue {
  const pieces = args.map((arg, i) => {
    const value = i % 2 === 1 || i === args.length - 1 ? converted(arg, type, context) : arg
    return named(value, context)
  })
  const layer = Math.max(...pieces.map((piece) => piece.layer))
  const branches: string[] = []
  const overflows: string[] = []
  const passed: string[] = []
  // what overflows counts where it is evaluated: a condition where those before it do not hold, a value where its own does
  const count = (overflow: string | null, ...reached: readonly string[]) => {
    if (overflow !== null) overflows.push(`(${[overflow, ...passed, ...reached].join(' AND ')})`)
  }
  for (let i = 0; i + 1 < pieces.length; i += 2) {
    const [when, then] = [pieces[i] as SqlValue, pieces[i + 1] as SqlValue]
    branches.push(`WHEN ${when.sql} THEN ${then.sql}`)
    const holds = `COALESCE(${when.sql}, FALSE)`
    count(when.overflow)
    count(then.overflow, holds)
    passed.push(`NOT ${holds}`)
  }
  const otherwise = pieces.at(-1) as SqlValue
  count(otherwise.overflow)
  return { sql: `CASE ${branches.join(' ')} ELSE ${otherwise.sql} END`, type, overflow: anyOf(overflows), layer }
}

function coalesceSql(args: readonly SqlValue[], type: ColumnType, context: SqlContext): SqlValue {
  const pieces = args.map((arg) => named(arg, context))
  const results = pieces.map((piece) => named(converted(piece, type, context), context))
  const layer = Math.max(...results.map((piece) => piece.layer))
  const same = results.every((result, i) => result.sql === pieces[i]?.sql)
  const sql = same
    ? `COALESCE(${pieces.map((piece) => piece.sql).join(', ')})`
    : `CASE ${pieces.map((piece, i) => `WHEN ${piece.sql} IS NOT NULL THEN ${results[i]?.sql}`).join(' ')} END`
  // an argument is evaluated where all before it are null, and scaled where it is the one
  const overflows = pieces.flatMap((piece, i) => {
    const reached = pieces.slice(0, i).map((before) => `${before.sql} IS NULL`)
    return [piece.overflow, results[i]?.overflow ?? null]
      .filter((overflow) => overflow !== null)
      .map((overflow) => (reached.length === 0 ? overflow : `(${[...reached, overflow].join(' AND ')})`))
  })
  return { sql, type, overflow: anyOf(overflows), layer }
}
