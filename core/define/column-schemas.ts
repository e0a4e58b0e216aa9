import { z } from 'zod'
import { realOfText, scaledOfNumber, scaledOfText } from '../decode/decimal.js'
import { compileInstant, type InstantFormat } from '../time/instant-of.js'
import type { ColumnType } from './column.js'
import { readColumnMeta } from './column-meta.js'
import type { Marked, ScalarOf } from './column-types.js'
import { ownCheck } from './read-schema.js'

type Decimal<S extends number> = { readonly kind: 'decimal'; readonly scale: S }
type Time = { readonly kind: 'time' }

/**
 * An exact number with at most `scale` decimals (0 to 9), sent as a JSON number and held as a whole number scaled by
 * 10^scale in every layer. A number with more decimals is rejected `decimals`, one beyond ±(2^53 − 1) scaled `range`.
 * Bounds are given as sent: `decimal(2).min(0.01)`.
 */
export function decimal<const S extends number>(scale: S): z.ZodNumber & Marked<Decimal<S>> {
  const schema = z
    .number()
    .refine(ownCheck((value: number) => Number.isFinite(scaledOfNumber(value, scale))))
    .meta({ tandem: { decimal: scale } })
  // the mark is in the type alone
  return schema as typeof schema & Marked<Decimal<S>>
}

/**
 * The number as such, or as text that is read by digits: the cells of a CSV row are sent as text. Other text is rejected
 * `type`. Takes `z.int()`, `z.number()` and `decimal(n)`.
 */
export function fromText<S extends z.ZodNumber>(
  schema: S,
): z.ZodUnion<readonly [S, z.ZodString]> & Marked<Extract<ScalarOf<S>, ColumnType>> {
  const { decimal: decimals, time } = readColumnMeta(schema.meta()?.tandem, 'fromText')
  const scale = decimals ?? (schema._zod.bag.format === 'safeint' ? 0 : null)
  const readTime = time === undefined ? null : compileInstant(time)
  const fits = (text: string): boolean => {
    if (readTime !== null) return readTime(text) !== null
    const value = scale === null ? realOfText(text) : scaledOfText(text, scale)
    if (!Number.isFinite(value)) return false
    // bounds and the like: as the number itself would be judged
    return schema.safeParse(scale === null ? value : value / 10 ** scale).success
  }
  const union = z.union([schema, z.string().refine(ownCheck(fits))]).meta({ tandem: { fromText: true } })
  return union as typeof union & Marked<Extract<ScalarOf<S>, ColumnType>>
}

/** `schema`, or one of `values`, which stand for null: `nullWhen(z.int(), ['none'])`. The column is that of `schema`. */
export function nullWhen<S extends z.ZodType, const V extends string | number>(
  schema: S,
  values: readonly V[],
): z.ZodUnion<readonly [S, z.ZodLiteral<V>]> & Marked<Extract<ScalarOf<S>, ColumnType>> {
  const union = z.union([schema, z.literal(values as V[])]).meta({ tandem: { nullWhen: values } })
  return union as typeof union & Marked<Extract<ScalarOf<S>, ColumnType>>
}

/**
 * Wall time in a zone as text. Where a wall time occurs twice it means the earlier instant; where it does not exist, the
 * offset before the jump counts.
 */
export interface LocalTimeOptions {
  /** IANA name, e.g. `Asia/Seoul`. */
  readonly zone: string
  /** See `InstantFormat.format`. @default 'yyyy-MM-dd HH:mm:ss' */
  readonly format?: string
  /** True: the text ends in a `Z` that is not meant. @default false */
  readonly ignoreZ?: boolean
}

export function localTime(options: LocalTimeOptions): z.ZodString & Marked<Time> {
  const { zone, format = 'yyyy-MM-dd HH:mm:ss', ignoreZ = false } = options
  return timeText({ format, zone, ...(ignoreZ ? { ignoreZ } : {}) })
}

/** An instant as ISO 8601 text with `Z` or an offset, to the millisecond (finer digits are cut). */
export function instant(): z.ZodString & Marked<Time> {
  return timeText({ format: 'iso' })
}

/** An instant as a number since 1970-01-01 UTC; fractions of a millisecond are cut towards the past. */
export function epochTime(unit: 'ms' | 'seconds'): z.ZodNumber & Marked<Time> {
  const format: InstantFormat = { format: unit === 'ms' ? 'epoch-ms' : 'epoch-seconds' }
  const read = compileInstant(format)
  const schema = z
    .number()
    .refine(ownCheck((value: number) => read(value) !== null))
    .meta({ tandem: { time: format } })
  return schema as typeof schema & Marked<Time>
}

function timeText(format: InstantFormat): z.ZodString & Marked<Time> {
  const read = compileInstant(format)
  const schema = z
    .string()
    .refine(ownCheck((value: string) => read(value) !== null))
    .meta({ tandem: { time: format } })
  return schema as typeof schema & Marked<Time>
}
