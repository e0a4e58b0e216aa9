import { coldResolution } from '../define/cold-resolution.js'
import type { StreamDefinition } from '../define/stream-definition.js'
import type { PartInput, ViewDefinition } from '../define/view-definition.js'
import { createSqlContext, type SqlContext } from '../expression/sql-context.js'
import type { SqlDialect } from '../expression/sql-dialect.js'
import { anyOf, intervalOf, type SqlValue, startOfInterval, toSql } from '../expression/to-sql.js'
import type { MeasureSpec } from '../measure/measure-spec.js'
import { bucketSql } from './bucket-sql.js'
import { VARIANCE_LIMIT } from './fold-source.js'

export interface ViewSqlOptions {
  readonly view: ViewDefinition
  /** Whose part of the view to compute. */
  readonly stream: StreamDefinition
  /** What FROM takes: accepted rows with the stream's columns. */
  readonly from: string
  /** Window size, one of the view's or a whole multiple of its finest. */
  readonly resolutionMs: number
  readonly dialect: SqlDialect
  /** Start of a row's epoch, UTC ms, as SQL over `from`; views with `retention` or `since` need it. */
  readonly epochStart?: string
}

/**
 * One SELECT that folds a stream's rows into the view's cells: columns `w` (window start, UTC ms), `d0`, `d1`, … (dimensions)
 * and `r0`, `r1`, … (registers, in the forms that `cellOfSqlRow` reads). Rows come in no order.
 */
export function compileViewSql(options: ViewSqlOptions): string {
  const { view, stream, from, resolutionMs, dialect } = options
  if (view.ledger) throw new Error(`view "${view.name}" is a ledger: compileLedgerSql counts it`)
  const part = view.parts.find((candidate) => candidate.stream.name === stream.name)
  if (part === undefined) throw new Error(`view "${view.name}" is not fed by stream "${stream.name}"`)
  const context = createSqlContext(stream.columns, dialect)
  const overflows: (string | null)[] = []
  const compile = (node: Parameters<typeof toSql>[0]): SqlValue => {
    const value = toSql(node, context)
    overflows.push(value.overflow)
    return value
  }
  const condition = allOf([sinceSql(options), part.where === null ? null : compile(part.where).sql])
  const time = foldedTime(options)
  // grouped by the window's number; its start is computed once per cell
  const inner = [
    `${intervalOf(time, resolutionMs, dialect)} AS q`,
    ...part.by.map((node, i) => `${compile(node).sql} AS d${i}`),
  ]
  const aggregates: string[] = []
  for (const [i, { spec }] of view.measures.entries()) {
    const { columns, registers, overflow } = measureSql(spec, part.inputs[i], i, context)
    inner.push(...columns)
    aggregates.push(...registers)
    overflows.push(overflow)
  }
  const overflow = anyOf(overflows)
  if (overflow !== null) inner.push(`${overflow} AS o`)
  aggregates.push(overflow === null ? dialect.whole(0) : 'count(*) FILTER (WHERE o)')
  const dims = part.by.map((_, i) => `d${i}`)
  const list = [`${startOfInterval('q', resolutionMs)} AS w`, ...dims, ...aggregates.map((sql, i) => `${sql} AS r${i}`)]
  return (
    `SELECT ${list.join(', ')} ` +
    `FROM (SELECT ${inner.join(', ')} FROM ${context.relation(from)}${condition === null ? '' : ` WHERE ${condition}`}) ` +
    `GROUP BY ${['q', ...dims].join(', ')}`
  )
}

function allOf(conditions: readonly (string | null)[]): string | null {
  const given = conditions.filter((condition) => condition !== null)
  return given.length < 2 ? (given[0] ?? null) : given.map((condition) => `(${condition})`).join(' AND ')
}

/** Only records of epochs that began at `since` or later. */
function sinceSql({ view, epochStart }: ViewSqlOptions): string | null {
  return view.sinceMs === undefined ? null : `${epochStartOf(view, epochStart)} >= ${view.sinceMs}`
}

/** The event time, or the start of the coarser window that a late record is folded into; see `foldResolution`. */
function foldedTime({ view, stream, dialect, epochStart }: ViewSqlOptions): string {
  const time = dialect.identifier(stream.eventTime)
  if (view.retention === undefined) return time
  const start = (sizeMs: number) => startOfInterval(intervalOf(time, sizeMs, dialect), sizeMs)
  const epoch = epochStartOf(view, epochStart)
  const choices = view.retention.map(
    ({ sizeMs, keepMs }) => `WHEN ${start(sizeMs)} + ${sizeMs + keepMs} > ${epoch} THEN ${start(sizeMs)}`,
  )
  return `(CASE ${choices.join(' ')} ELSE ${start(coldResolution(view))} END)`
}

function epochStartOf(view: ViewDefinition, epochStart: string | undefined): string {
  if (epochStart === undefined) throw new Error(`view "${view.name}" goes by epochs: its SQL needs their starts`)
  return `(${epochStart})`
}

interface MeasureSql {
  /** Columns of the inner query. */
  readonly columns: readonly string[]
  /** Aggregates over them, one per register. */
  readonly registers: readonly string[]
  readonly overflow: string | null
}

function measureSql(spec: MeasureSpec, input: PartInput | undefined, at: number, context: SqlContext): MeasureSql {
  const { dialect } = context
  // the identity, in the number of registers of the measure
  if (input === undefined) {
    const registers = { count: 1, sum: 1, mean: 2, variance: 3, min: 1, max: 1, distinct: 1, quantile: 1 }[spec.kind]
    return { columns: [], registers: Array.from({ length: registers }, () => dialect.nullOf('whole')), overflow: null }
  }
  const where = input.where === null ? null : toSql(input.where, context)
  if (spec.kind === 'count') {
    if (where === null) return { columns: [], registers: ['count(*)'], overflow: null }
    return {
      columns: [`${where.sql} AS c${at}`],
      registers: [`count(*) FILTER (WHERE c${at})`],
      overflow: where.overflow,
    }
  }
  if (input.value === null) throw new Error(`${spec.kind} needs a value`)
  const value = bind(toSql(input.value, context), context)
  const only = (sql: string) => (where === null ? sql : `CASE WHEN ${where.sql} THEN ${sql} END`)
  // the value is evaluated only where the condition holds, so there alone it overflows
  const guard = (overflow: string | null) =>
    overflow === null || where === null ? overflow : `(COALESCE(${where.sql}, FALSE) AND ${overflow})`
  const overflow = anyOf([where?.overflow ?? null, guard(value.overflow)])
  const m = `m${at}`
  const real = spec.input.kind === 'real'
  const sum = (of: string) => (real ? `sum(${of})` : dialect.sumWhole(of))
  const made = (sql: string, registers: readonly string[]): MeasureSql => ({
    columns: [`${sql} AS ${m}`],
    registers,
    overflow,
  })
  switch (spec.kind) {
    case 'sum':
      return made(only(value.sql), [sum(m)])
    case 'mean':
      return made(only(value.sql), [sum(m), `count(${m})`])
    case 'variance': {
      if (real) return made(only(value.sql), [`count(${m})`, sum(m), `sum(${m} * ${m})`])
      const fits = `${value.sql} BETWEEN -${VARIANCE_LIMIT} AND ${VARIANCE_LIMIT}`
      const beyond = guard(`(${value.sql} IS NOT NULL AND NOT (${fits}))`)
      return {
        ...made(only(`CASE WHEN ${fits} THEN ${value.sql} END`), [`count(${m})`, sum(m), dialect.sumSquares(m)]),
        overflow: anyOf([overflow, beyond]),
      }
    }
    case 'min':
    case 'max':
      return made(only(value.sql), [`${spec.kind}(${m})`])
    case 'distinct': {
      const text = spec.input.kind === 'text' ? value.sql : dialect.toText(value.sql)
      const hash = context.bind(dialect.hash(only(text)), Math.max(value.layer, where?.layer ?? 0))
      return made(dialect.hllCode(hash.sql, spec.precision), [dialect.distinctText(m)])
    }
    case 'quantile':
      return made(only(bucketSql(value, real ? 'real' : 'whole', spec.steps, context).sql), [dialect.countsText(m)])
  }
}

/** A long value under a name: sketches repeat it. */
function bind(value: SqlValue, context: SqlContext): SqlValue {
  return value.sql.length > 80 ? { ...value, ...context.bind(value.sql, value.layer) } : value
}
