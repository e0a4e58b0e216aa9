import type { Column, ColumnType } from '../define/column.js'
import { freeze } from '../freeze.js'
import type { Columns, Expr } from './expr.js'
import { expressionOf } from './expression-of.js'

/**
 * The builder that a definition's callbacks receive: one expression per column. Reading a name that is no column throws,
 * naming it and the stream, so that a typing mistake in plain JavaScript does not become `undefined`.
 */
export function columnsOf<R extends { readonly [column: string]: ColumnType }>(
  columns: readonly Column[],
  stream: string,
): Columns<R> {
  const known = new Map<string, Expr>()
  const unreadable = new Set<string>()
  for (const { name, type, json } of columns) {
    if (json) unreadable.add(name)
    else known.set(name, expressionOf(freeze({ kind: 'column' as const, name }), type) as Expr)
  }
  const builder = new Proxy(Object.create(null) as object, {
    get(_, name) {
      // what runtimes ask of any object (printing, awaiting) is no mistake of the definition
      if (typeof name === 'symbol' || (name === 'then' && !known.has(name))) return undefined
      const column = known.get(name)
      if (column !== undefined) return column
      if (unreadable.has(name)) {
        throw new Error(`stream "${stream}": column "${name}" is an array or a map, which expressions cannot read`)
      }
      throw new Error(`stream "${stream}" has no column "${name}"; it has ${[...known.keys()].join(', ')}`)
    },
    has: (_, name) => known.has(String(name)),
    ownKeys: () => [...known.keys()],
    getOwnPropertyDescriptor: (_, name) =>
      known.has(String(name)) ? { enumerable: true, configurable: true, value: known.get(String(name)) } : undefined,
    set(_, name) {
      throw new Error(`stream "${stream}": a definition does not set "${String(name)}"`)
    },
  })
  // the type parameter is the caller's reading of the same columns
  return builder as Columns<R>
}
