/**
 * The type of a column. `decimal` is held as a whole number scaled by 10^scale in every layer;
 * `time` is an instant in UTC milliseconds, a whole number.
 */
export type ColumnType =
  | { readonly kind: 'text' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'real' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'time' }

/** One named scalar of a stream's record. Every column may be null. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** Where the value lies in the JSON as sent, from the root; the first place where union members differ in it. */
  readonly path: readonly string[]
  /** Set where the column is an array or a map as JSON text (type text), which expressions cannot read. */
  readonly json?: true
}

/** A decoded scalar: text, a safe integer (integer, scaled decimal, time), a finite real, a boolean, or null. */
export type Scalar = string | number | boolean | null

/** One decoded record: every column of the stream by its name, in column order; absent values are null. */
export type Row = { readonly [column: string]: Scalar }
