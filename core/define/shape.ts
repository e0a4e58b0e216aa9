import type { InstantFormat } from '../time/instant-of.js'

/**
 * The JSON of a record as sent, as plain data: what a zod schema says, in the closed set of forms that a decoder can be
 * generated from. Survives JSON and structuredClone, so that worker threads build their decoders from it.
 */
export type Shape =
  | TextShape
  | NumberShape
  | DecimalShape
  | TimeShape
  | { readonly kind: 'boolean' }
  | { readonly kind: 'null' }
  | LiteralShape
  /** Any JSON value at all; becomes JSON text. */
  | { readonly kind: 'any' }
  | ObjectShape
  | ArrayShape
  | TupleShape
  | RecordShape
  | UnionShape
  /** Absent is allowed (as a field of an object or an item at the end of a tuple). */
  | { readonly kind: 'optional'; readonly of: Shape }
  | { readonly kind: 'nullable'; readonly of: Shape }
  /** One of `values` stands for null. */
  | { readonly kind: 'null-when'; readonly values: readonly (string | number)[]; readonly of: Shape }

export type ShapeKind = Shape['kind']

export interface TextShape {
  readonly kind: 'text'
  /** Bounds of the length in code points, as zod counts, inclusive. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly patterns?: readonly { readonly source: string; readonly flags: string }[]
}

/** Bounds are as sent, before a decimal is scaled. */
export interface Bounds {
  /** Inclusive. */
  readonly min?: number
  readonly max?: number
  /** Exclusive. */
  readonly above?: number
  readonly below?: number
}

export interface NumberShape extends Bounds {
  readonly kind: 'number'
  /** True: a safe whole number (column `integer`); false: any finite number (column `real`). */
  readonly whole: boolean
  readonly multipleOf?: number
  /** True: also read by digits from text, as the cells of a CSV row arrive. */
  readonly fromText: boolean
}

export interface DecimalShape extends Bounds {
  readonly kind: 'decimal'
  readonly scale: number
  /** True: also read by digits from text. */
  readonly fromText: boolean
}

/** Text or a number that names an instant, see `core/time`. */
export interface TimeShape {
  readonly kind: 'time'
  readonly format: InstantFormat
  /** True: a number (`epoch-ms`, `epoch-seconds`) may also be sent as its text. */
  readonly fromText: boolean
}

export interface LiteralShape {
  readonly kind: 'literal'
  readonly values: readonly (string | number | boolean)[]
}

export interface ObjectShape {
  readonly kind: 'object'
  readonly fields: readonly { readonly key: string; readonly shape: Shape }[]
}

export interface ArrayShape {
  readonly kind: 'array'
  readonly of: Shape
  readonly minLength?: number
  readonly maxLength?: number
}

export interface TupleShape {
  readonly kind: 'tuple'
  readonly items: readonly Shape[]
  readonly rest: Shape | null
}

export interface RecordShape {
  readonly kind: 'record'
  readonly keys: TextShape
  readonly of: Shape
}

/** The first member that fits decides. */
export interface UnionShape {
  readonly kind: 'union'
  readonly of: readonly Shape[]
}
