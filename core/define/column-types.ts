import type { z } from 'zod'
import type { $ZodType } from 'zod/v4/core'
import type { ColumnType } from './column.js'

/**
 * Says in the type of a schema which column it becomes, where zod's own type cannot (decimals, times, numbers sent as
 * text). The property is never there.
 */
export interface Marked<T extends ColumnType> {
  readonly '~column': T
}

type Text = { readonly kind: 'text' }
type Integer = { readonly kind: 'integer' }
type Real = { readonly kind: 'real' }
type Flag = { readonly kind: 'boolean' }

/** The column type of a scalar schema; never for null, undefined, arrays, maps and objects. */
export type ScalarOf<S> =
  S extends Marked<infer T>
    ? T
    : S extends z.ZodOptional<infer I> | z.ZodNullable<infer I> | z.ZodReadonly<infer I>
      ? ScalarOf<I>
      : S extends z.ZodUnion<infer O>
        ? ScalarOf<O[number]>
        : S extends z.ZodNumberFormat
          ? Integer
          : S extends z.ZodNumber
            ? Real
            : S extends z.ZodBoolean
              ? Flag
              : S extends z.ZodString | z.ZodStringFormat | z.ZodEnum
                ? Text
                : S extends z.ZodLiteral<infer V>
                  ? LiteralOf<V>
                  : never

type LiteralOf<V> = V extends string
  ? Text
  : V extends boolean
    ? Flag
    : V extends number
      ? `${V}` extends `${bigint}`
        ? Integer
        : Real
      : never

/** A leaf: its last key, its path joined with `_`, and its type. */
type Leaf<K extends string = string, P extends string = string, T = unknown> = { key: K; path: P; type: T }

/** Every scalar leaf below a schema, as a union. */
type Leaves<S, K extends string, P extends string> =
  S extends Marked<infer T>
    ? Leaf<K, P, T>
    : S extends z.ZodOptional<infer I> | z.ZodNullable<infer I> | z.ZodReadonly<infer I>
      ? Leaves<I, K, P>
      : S extends z.ZodObject<infer Shape>
        ? { [F in keyof Shape & string]: Leaves<Shape[F], F, P extends '' ? F : `${P}_${F}`> }[keyof Shape & string]
        : S extends z.ZodUnion<infer O>
          ? Leaves<O[number], K, P>
          : ScalarOf<S> extends infer T
            ? [T] extends [never]
              ? never
              : Leaf<K, P, T>
            : never

type PathsOf<L extends Leaf, K> = Extract<L, { key: K }>['path']
type IsUnion<T, U = T> = [T] extends [never] ? false : T extends unknown ? ([U] extends [T] ? false : true) : never

/** Last keys that lie at one path only, so that they name their column. */
type Plain<L extends Leaf> = { [K in L['key']]: IsUnion<PathsOf<L, K>> extends true ? never : K }[L['key']]

/**
 * Column name to column type, from a zod schema, as `columnsOfShape` names them. Where several paths share a last key, both
 * the key and the joined paths are here although only one of the two exists (which one depends on whether a record can hold
 * both): the other is refused when the definition is made.
 */
export type ColumnsOf<
  S extends $ZodType,
  O extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
> = string extends keyof O
  ? Flat<LeavesOf<S>>
  : Flat<Exclude<LeavesOf<S>, { path: Joined<O[keyof O]> }>> & {
      readonly [N in keyof O]: TypeAt<LeavesOf<S>, { path: Joined<O[N]> }>
    }

type LeavesOf<S> = Extract<Leaves<S, '', ''>, Leaf>

type Flat<L extends Leaf> = Simplify<
  { readonly [N in Plain<L>]: TypeAt<L, { key: N }> } & {
    readonly [N in Exclude<L['key'], Plain<L>>]: TypeAt<L, { key: N }>
  } & { readonly [N in PathsOf<L, Exclude<L['key'], Plain<L>>>]: TypeAt<L, { path: N }> }
>

type TypeAt<L, At> = Extract<Extract<L, At> extends { type: infer T } ? T : never, ColumnType>
type Joined<P extends string> = P extends `${infer A}.${infer B}` ? `${A}_${Joined<B>}` : P
type Simplify<T> = { [K in keyof T]: T[K] }
