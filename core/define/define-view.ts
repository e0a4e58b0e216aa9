import { columnsOf } from '../expression/columns-of.js'
import type { BooleanExpr, Columns, DecimalExpr, Expr, IntegerExpr, TextExpr, TimeExpr } from '../expression/expr.js'
import type { Measure } from '../measure/measure.js'
import type { MeasureSpec } from '../measure/measure-spec.js'
import { registersOfView } from '../measure/registers-of.js'
import type { ColumnType } from './column.js'
import { deepFreeze } from './deep-freeze.js'
import { definitionHash } from './definition-hash.js'
import { checkFieldName, checkName } from './names.js'
import type { ColumnTypes, Stream, StreamDefinition } from './stream-definition.js'
import type { Dimension, PartInput, ViewDefinition, ViewPart } from './view-definition.js'
import { viewHash } from './view-hash.js'
import { parseRetention } from './view-retention.js'
import { parseWindows } from './window.js'

/** What a view may group by: anything exact. */
export type GroupExpr = TextExpr | IntegerExpr | DecimalExpr | BooleanExpr | TimeExpr

/** What one stream contributes to a view. */
export interface ViewPartOptions<R extends ColumnTypes> {
  readonly from: Stream<R>
  /** Records that count: those for which it is true. @default every record */
  readonly where?: (e: Columns<R>) => BooleanExpr
  /** Dimensions, in order; null is a value like any other. `{}` makes one cell per window. */
  readonly by: (e: Columns<R>) => Readonly<Record<string, GroupExpr>>
  /** Measures by name. Of several parts, one that does not name a measure adds nothing to it. */
  readonly measures: (e: Columns<R>) => Readonly<Record<string, Measure>>
}

export interface ViewWindows {
  /** Window sizes such as `['1m', '5m', '1h']`; the finest divides every other one, each divides a day. */
  readonly windows: readonly string[]
  /** IANA zone of the view's days and hours of the week. @default 'UTC' */
  readonly zone?: string
  /**
   * How long windows stay apart, such as `{ '1m': '7d', '5m': '90d' }`: a record that comes later than that is folded into the
   * next coarser window named, at last into hours (or what the zone's days need). A day at
   * least. @default for ever
   */
  readonly retention?: Readonly<Record<string, string>>
  /**
   * ISO 8601 instant with an offset: records of epochs that began before it do not count. For a view that is defined or
   * changed after the stream's older raw files have expired. @default every record
   */
  readonly since?: string
}

/**
 * Defines a view over one stream: windows of event time, grouped by dimensions, holding measures.
 *
 * @throws Error that names the view and what is wrong with it.
 */
export function defineView<R extends ColumnTypes>(
  name: string,
  options: ViewPartOptions<R> & ViewWindows,
): ViewDefinition
/** A view over several streams: parts with the same names and types in `by`, and measures that agree where they share a name. */
export function defineView<const T extends readonly ColumnTypes[]>(
  name: string,
  options: { readonly parts: { readonly [I in keyof T]: ViewPartOptions<T[I]> } } & ViewWindows,
): ViewDefinition
export function defineView(
  name: string,
  options: (ViewPartOptions<ColumnTypes> | { readonly parts: readonly ViewPartOptions<ColumnTypes>[] }) & ViewWindows,
): ViewDefinition {
  checkName('view', name)
  const where = `view "${name}"`
  const { zone = 'UTC', retention, since } = options
  const windows = parseWindows(where, options.windows)
  checkZone(where, zone)
  const given = 'parts' in options ? options.parts : [options]
  if (given.length === 0) throw new Error(`${where} has no parts`)
  const evaluated = given.map((part) => evaluate(where, part))
  for (const [i, { stream }] of evaluated.entries()) {
    if (evaluated.findIndex((other) => other.stream.name === stream.name) === i) continue
    throw new Error(
      `${where} has two parts from stream "${stream.name}": make them one, with conditions in the measures`,
    )
  }
  const dimensions = (evaluated[0] as Evaluated).dimensions
  for (const part of evaluated) checkDimensions(where, dimensions, part)
  const measures = collectMeasures(where, evaluated)
  const parts: ViewPart[] = evaluated.map((part) => ({
    stream: part.stream,
    where: part.where,
    by: part.by,
    inputs: measures.map(({ name: measure }): PartInput | undefined => {
      const own = part.measures.get(measure)
      return own === undefined ? undefined : { value: own.value, where: own.condition }
    }),
  }))
  const registers = registersOfView(measures)
  // absent where not given, so that they are part of the hash only where they say something
  const kept = {
    ...(retention === undefined ? {} : { retention: parseRetention(where, retention, { windows, zone }) }),
    ...(since === undefined ? {} : { sinceMs: parseSince(where, since) }),
  }
  const plain = { kind: 'view' as const, name, parts, dimensions, measures, registers, windows, zone, ledger: false }
  const defined = { ...plain, ...kept }
  return deepFreeze({ ...defined, hash: viewHash(defined) })
}

interface Evaluated {
  readonly stream: StreamDefinition
  readonly where: ViewPart['where']
  readonly by: ViewPart['by']
  readonly dimensions: readonly Dimension[]
  readonly measures: ReadonlyMap<string, Measure>
}

/** Runs the callbacks, once: what they return is data. */
function evaluate(where: string, part: ViewPartOptions<ColumnTypes>): Evaluated {
  const stream: StreamDefinition | undefined = part.from
  if (stream?.kind !== 'stream') throw new Error(`${where}: \`from\` must be a stream made by defineStream`)
  const at = `${where}, stream "${stream.name}"`
  const e = within(at, () => columnsOf(stream.columns, stream.name)) as Columns<ColumnTypes>
  const condition = within(at, () => part.where?.(e))
  if (condition !== undefined && condition.type?.kind !== 'boolean')
    throw new Error(`${at}: where must be a condition, a boolean expression`)

  const by = Object.entries(within(at, () => part.by(e)))
  const measures = Object.entries(within(at, () => part.measures(e)))
  if (measures.length === 0) throw new Error(`${at}: a view needs at least one measure`)
  const dimensions = by.map(([dimension, expr]): Dimension => {
    checkFieldName(`${where}: dimension`, dimension)
    const type = (expr as Expr | undefined)?.type
    if (type === undefined)
      throw new Error(`${at}: dimension "${dimension}" must be an expression, such as e.${dimension}`)
    if (type.kind === 'real') {
      throw new Error(
        `${at}: dimension "${dimension}" is a real, whose bits are not promised: group by round() or floorTo() of a decimal`,
      )
    }
    return { name: dimension, type: plainType(type) }
  })
  for (const [measure, made] of measures) {
    checkFieldName(`${where}: measure`, measure)
    if ((made as Measure | undefined)?.spec === undefined)
      throw new Error(`${at}: measure "${measure}" must be a measure, such as count()`)
    if (dimensions.some((dimension) => dimension.name === measure)) {
      throw new Error(`${where}: "${measure}" is both a dimension and a measure`)
    }
  }
  return {
    stream,
    where: condition?.node ?? null,
    by: by.map(([, expr]) => expr.node),
    dimensions,
    measures: new Map(measures),
  }
}

/** Puts the view's name before an error of the builder. */
function within<T>(at: string, build: () => T): T {
  try {
    return build()
  } catch (error) {
    throw new Error(`${at}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function plainType(type: ColumnType): ColumnType {
  return type.kind === 'decimal' ? { kind: 'decimal', scale: type.scale } : { kind: type.kind }
}

function checkDimensions(where: string, expected: readonly Dimension[], part: Evaluated): void {
  const text = (list: readonly Dimension[]) =>
    list
      .map(({ name, type }) => `${name} ${type.kind === 'decimal' ? `decimal(${type.scale})` : type.kind}`)
      .join(', ') || 'none'
  if (text(expected) !== text(part.dimensions)) {
    throw new Error(
      `${where}: the parts must agree in \`by\`: ${text(expected)}; but stream "${part.stream.name}" has ${text(part.dimensions)}`,
    )
  }
}

function collectMeasures(
  where: string,
  parts: readonly Evaluated[],
): readonly { readonly name: string; readonly spec: MeasureSpec }[] {
  const specs = new Map<string, MeasureSpec>()
  for (const { stream, measures } of parts) {
    for (const [name, { spec }] of measures) {
      const before = specs.get(name)
      if (before !== undefined && definitionHash(before) !== definitionHash(spec)) {
        throw new Error(
          `${where}: measure "${name}" differs between the parts: ${JSON.stringify(before)}, but in stream "${stream.name}" ${JSON.stringify(spec)}`,
        )
      }
      specs.set(name, before ?? spec)
    }
  }
  return [...specs].map(([name, spec]) => ({ name, spec }))
}

function parseSince(where: string, text: string): number {
  const ms = /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms))
    throw new Error(`${where}: since is "${text}", expected an instant with its offset such as 2026-01-01T00:00:00Z`)
  return ms
}

function checkZone(where: string, zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch (error) {
    throw new Error(`${where}: "${zone}" is not the name of a time zone`, { cause: error })
  }
}
