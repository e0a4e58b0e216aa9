import type { ZodType } from 'zod'
import { isDecodeReason } from '../decode/reasons.js'
import { columnsOf } from '../expression/columns-of.js'
import type { BooleanExpr, Columns } from '../expression/expr.js'
import type { Column } from './column.js'
import type { ColumnsOf } from './column-types.js'
import { columnsOfShape } from './columns.js'
import { deepFreeze } from './deep-freeze.js'
import { checkName, checkTopic } from './names.js'
import { readSchema } from './read-schema.js'
import type { RejectRule, Stream } from './stream-definition.js'
import { streamHash } from './stream-hash.js'

/** Largest value that Tandem's topics accept, bytes. */
export const MAX_MESSAGE_BYTES = 8_000_000

export interface StreamOptions<S extends ZodType, O extends Readonly<Record<string, string>>> {
  /** Lower-case letters, digits, `-` and `_`; names the stream in the API, the lake and the CLI. */
  readonly name: string
  /**
   * The JSON as sent, an object, without transforms. Undeclared fields are accepted and kept as JSON in the lake. Scalars
   * become columns named by their last key; see `columns`.
   */
  readonly schema: S
  /** Column of type time (`localTime`, `instant`, `epochTime`) that says when it happened. */
  readonly eventTime: keyof ColumnsOf<S, O> & string
  /** Kafka topic. @default the name */
  readonly topic?: string
  /**
   * Column whose value becomes the Kafka key of records that come without one, so that they share a partition.
   * @default the first column of `id`, or none
   */
  readonly key?: keyof ColumnsOf<S, O> & string
  /**
   * Column or columns that name a record: one that repeats an id of its own epoch or of the epoch before, in its partition,
   * is a duplicate and not counted. Where no `key` is given, the first of them is the key, so that repetitions meet.
   * @default none
   */
  readonly id?: (keyof ColumnsOf<S, O> & string) | readonly (keyof ColumnsOf<S, O> & string)[]
  /**
   * Reason to condition: a record for which a condition is true is refused and becomes a dead letter. Tried in order; the
   * first names the reason. Conditions that are null (a missing value) do not refuse.
   */
  readonly rejects?: (e: Columns<ColumnsOf<S, O>>) => Readonly<Record<string, BooleanExpr>>
  /** Largest value in bytes, 1 to 8,000,000. @default 1_000_000 */
  readonly maxBytes?: number
  /** How late events usually are, ms: sets the watermark, which says whether a window is likely complete. @default 60_000 */
  readonly allowedLatenessMs?: number
  /** Earliest event time accepted, inclusive: UTC ms, or ISO text with Z or an offset. @default no bound */
  readonly earliest?: number | string
  /** Partitions of the topic where Tandem creates it, 1 to 1,000. @default 2 */
  readonly partitions?: number
  /** Names of one's own for columns: name to dotted path from the root. */
  readonly columns?: O
}

/**
 * Defines a stream: a Kafka topic whose records are JSON of one schema, with an event time.
 *
 * @throws Error that names the stream and the field where the schema says what a decoder cannot do, or names clash.
 */
export function defineStream<S extends ZodType, const O extends Readonly<Record<string, string>>>(
  options: StreamOptions<S, O>,
): Stream<ColumnsOf<S, O>> {
  const { name, topic = name, maxBytes = 1_000_000, allowedLatenessMs = 60_000, partitions = 2 } = options
  checkName('stream', name)
  checkTopic(name, topic)
  const fail = (what: string): never => {
    throw new Error(`stream "${name}": ${what}`)
  }
  if (!(Number.isInteger(maxBytes) && maxBytes >= 1 && maxBytes <= MAX_MESSAGE_BYTES)) {
    fail(`maxBytes must be 1 to ${MAX_MESSAGE_BYTES}, got ${maxBytes}`)
  }
  if (!(Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0)) {
    fail(`allowedLatenessMs must be a whole number of at least 0, got ${allowedLatenessMs}`)
  }
  if (!(Number.isInteger(partitions) && partitions >= 1 && partitions <= 1_000)) {
    fail(`partitions must be 1 to 1000, got ${partitions}`)
  }
  const root = readSchema(options.schema, name)
  if (root.kind !== 'object' && root.kind !== 'union')
    fail('the record must be an object, z.object({ … }), or a union of objects')
  const { columns, leaves } = columnsOfShape(root, name, options.columns)
  const columnNamed = (option: string, column: string) =>
    columns.find((c) => c.name === column) ??
    fail(`${option} names the column "${column}", which is not among ${columns.map((c) => c.name).join(', ')}`)
  const timeColumn = columnNamed('eventTime', options.eventTime)
  if (timeColumn.type.kind !== 'time') {
    fail(
      `eventTime "${options.eventTime}" is ${timeColumn.type.kind}; declare it with localTime(…), instant() or epochTime(…)`,
    )
  }
  if (options.key !== undefined && columnNamed('key', options.key).json === true)
    fail(`key "${options.key}" is a list or a map`)

  const id = idColumns(options.id, columnNamed, fail)
  const e = columnsOf(columns, name) as Columns<ColumnsOf<S, O>>
  const rejects: RejectRule[] = Object.entries(options.rejects?.(e) ?? {}).map(([reason, when]) => {
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(reason))
      fail(`reason "${reason}" must be kebab-case, such as zone-out-of-range`)
    if (isDecodeReason(reason)) fail(`reason "${reason}" is one of the decoder's own words: choose another`)
    if ((when as BooleanExpr | undefined)?.type?.kind !== 'boolean')
      fail(`reject rule "${reason}" must be a condition, a boolean expression`)
    return { reason, when: when.node }
  })
  const earliestMs = earliest(options.earliest, fail)
  const plan = { root, leaves }
  const definition: Stream<ColumnsOf<S, O>> = {
    kind: 'stream',
    name,
    topic,
    dlqTopic: `${name}.dlq`,
    plan,
    columns,
    eventTime: options.eventTime,
    key: options.key ?? id?.[0] ?? null,
    id,
    rejects,
    maxBytes,
    allowedLatenessMs,
    earliestMs,
    partitions,
    hash: streamHash({ name, plan, columns, eventTime: options.eventTime, rejects, maxBytes, earliestMs, id }),
  }
  // worker threads and hashes get the plain data; the schema stays where it was made
  Object.defineProperty(definition, 'schema', { value: options.schema, enumerable: false })
  for (const part of [plan, columns, rejects, ...(id === null ? [] : [id])]) deepFreeze(part)
  return Object.freeze(definition)
}

function idColumns(
  given: string | readonly string[] | undefined,
  columnNamed: (option: string, column: string) => Column,
  fail: (what: string) => never,
): readonly string[] | null {
  if (given === undefined) return null
  const id = typeof given === 'string' ? [given] : [...given]
  if (id.length === 0 || new Set(id).size < id.length) fail('id names no column, or one twice')
  for (const column of id) {
    const { json, type } = columnNamed('id', column)
    if (json === true) fail(`id "${column}" is a list or a map`)
    if (type.kind === 'real') fail(`id "${column}" is real, which has no exact text: declare it decimal(…)`)
  }
  return id
}

function earliest(given: number | string | undefined, fail: (what: string) => never): number | null {
  if (given === undefined) return null
  if (typeof given === 'string' && !/(?:Z|[+-]\d\d:\d\d)$/.test(given)) {
    return fail(`earliest "${given}" must say its zone: end it with Z or an offset such as -05:00`)
  }
  const ms = typeof given === 'number' ? given : Date.parse(given)
  if (!Number.isSafeInteger(ms)) fail(`earliest must be UTC milliseconds or ISO text with a zone, got ${String(given)}`)
  return ms
}
