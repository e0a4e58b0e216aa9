import type { ViewDefinition } from '../../core/define/view-definition.js'
import { zoneOf } from '../../core/time/zone.js'
import { type Filter, parseFilter } from './filter.js'
import { type OrderField, parseOrder } from './order.js'
import { ParameterError } from './parameter-error.js'
import { parseInstant, parseWindowSize, type Window, type WindowSize, windowsOf } from './time-range.js'

/** Most windows, and most rows, of one answer. */
export const MAX_ROWS = 10_000
const DEFAULT_ROWS = 100
const DEFAULT_RANGE = '-1h'

/** A question about one view, ready to be answered. */
export interface ViewQuery {
  readonly view: ViewDefinition
  /** As asked for, before it was moved to window bounds. */
  readonly asked: { readonly fromMs: number; readonly toMs: number }
  readonly size: WindowSize
  /** True: no window was asked for, so that the finest that can be answered will do. */
  readonly implied: boolean
  readonly windows: readonly Window[]
  readonly zone: string
  /** Positions of the dimensions that make a row, in the order asked for. */
  readonly groupBy: readonly number[]
  readonly filters: readonly Filter[]
  readonly order: readonly OrderField[]
  readonly limit: number
  /** True: each row also says what each layer contributed. */
  readonly split: boolean
  /** Ids of the snapshots that alone are to be read, one for each stream of the view; empty: what is in force, and hot. */
  readonly asOf: readonly string[]
}

/** A request's parameters: each name with every value given for it. */
export type Parameters = ReadonlyMap<string, readonly string[]>

const KNOWN = ['from', 'to', 'window', 'zone', 'groupBy', 'filter', 'order', 'limit', 'split', 'asOf']

/** @throws ParameterError naming the first parameter that cannot be used */
export function parseViewQuery(view: ViewDefinition, parameters: Parameters, nowMs: number): ViewQuery {
  refuseUnknown(parameters, KNOWN)
  const finestMs = view.windows[0] as number
  const zone = parseZone(one(parameters, 'zone'), view.zone)
  const fromMs = parseInstant('from', one(parameters, 'from') ?? DEFAULT_RANGE, nowMs, zone)
  const toMs = parseInstant('to', one(parameters, 'to') ?? 'now', nowMs, zone)
  const window = one(parameters, 'window')
  const size: WindowSize =
    window === undefined ? { kind: 'fixed', sizeMs: finestMs } : parseWindowSize(window, finestMs)
  const groupBy = parseGroupBy(view, parameters.get('groupBy'))
  return {
    view,
    asked: { fromMs, toMs },
    size,
    implied: window === undefined,
    windows: windowsOf(size, { fromMs, toMs }, finestMs, zone, MAX_ROWS),
    zone,
    groupBy,
    filters: parseFilters(view, parameters),
    order: parseOrder(view, groupBy, parameters.get('order')),
    limit: parseLimit(one(parameters, 'limit'), DEFAULT_ROWS, MAX_ROWS),
    split: parseSplit(one(parameters, 'split')),
    asOf: [...new Set(parameters.get('asOf') ?? [])],
  }
}

export function parseFilters(view: ViewDefinition, parameters: Parameters): readonly Filter[] {
  return (parameters.get('filter') ?? []).map((text) => parseFilter(text, view.dimensions))
}

/** The one value of a parameter. @throws ParameterError where it was given twice */
export function one(parameters: Parameters, name: string): string | undefined {
  const values = parameters.get(name)
  if (values && values.length > 1) throw new ParameterError(name, values.join(', '), 'it to be given once')
  return values?.[0]
}

export function refuseUnknown(parameters: Parameters, known: readonly string[]): void {
  for (const [name, values] of parameters) {
    if (!known.includes(name))
      throw new ParameterError(name, values.join(', '), `no such parameter; there are ${known.join(', ')}`)
  }
}

export function parseLimit(text: string | undefined, otherwise: number, max: number): number {
  if (text === undefined) return otherwise
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (!(limit >= 1 && limit <= max)) throw new ParameterError('limit', text, `a whole number from 1 to ${max}`)
  return limit
}

/** Absent: every dimension of the view. Given empty: none, one row per window. */
export function parseGroupBy(view: ViewDefinition, values: readonly string[] | undefined): readonly number[] {
  if (values === undefined) return view.dimensions.map((_, position) => position)
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '')
  const positions = names.map((name) => {
    const position = view.dimensions.findIndex((dimension) => dimension.name === name)
    if (position < 0) {
      const known = view.dimensions.map((dimension) => dimension.name).join(', ') || 'the view has none'
      throw new ParameterError('groupBy', name, `dimensions of view "${view.name}" (${known})`)
    }
    return position
  })
  return [...new Set(positions)]
}

export function parseZone(text: string | undefined, otherwise: string): string {
  if (text === undefined) return otherwise
  try {
    zoneOf(text)
    return text
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ParameterError('zone', text, 'an IANA time zone such as Asia/Seoul')
  }
}

function parseSplit(text: string | undefined): boolean {
  if (text === undefined) return false
  if (text !== 'layer')
    throw new ParameterError('split', text, '"layer", which adds to each row what each layer contributed')
  return true
}
