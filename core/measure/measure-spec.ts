import type { ColumnType } from '../define/column.js'

/** The type of what a measure reads. Decimals are summed as scaled whole numbers; the scale returns in `finish`. */
export type NumberType =
  | { readonly kind: 'integer' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'real' }

/** What a measure computes, as plain data. The parts of a view must agree on it to the last field. */
export type MeasureSpec =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'mean' | 'variance'; readonly input: NumberType }
  /** A time's minimum is an instant in UTC ms. */
  | { readonly kind: 'min' | 'max'; readonly input: NumberType | { readonly kind: 'time' } }
  | {
      readonly kind: 'distinct'
      /** text, integer, boolean or time */
      readonly input: ColumnType
      /** 2^precision HyperLogLog registers, 4 to 16. */
      readonly precision: number
    }
  | {
      readonly kind: 'quantile'
      readonly input: NumberType
      /** In (0, 1), ascending. */
      readonly probabilities: readonly number[]
      /** Linear buckets per power of two, a power of two: the relative error is at most 1 / (2 · steps). */
      readonly steps: number
    }

export type MeasureKind = MeasureSpec['kind']
