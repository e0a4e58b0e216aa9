import type { Column } from '../define/column.js'
import type { SqlDialect } from './sql-dialect.js'

/**
 * Where compiled SQL keeps what it refers to more than once. An intermediate result becomes a column of a subquery, since SQL
 * has no variables and repeating its text would grow with every level of an expression. Layer 0 is the relation itself;
 * what is bound from columns of layer n lies in layer n + 1.
 */
export interface SqlContext {
  readonly columns: readonly Column[]
  readonly dialect: SqlDialect
  /** Names `sql`, whose parts lie in layers up to `layer`; returns the name and its layer. */
  bind(sql: string, layer: number): { readonly sql: string; readonly layer: number }
  /** `from` with everything bound, as something that FROM takes. */
  relation(from: string): string
}

export function createSqlContext(columns: readonly Column[], dialect: SqlDialect): SqlContext {
  const layers: string[][] = []
  const names = new Map<string, { sql: string; layer: number }>()
  return {
    columns,
    dialect,
    bind(sql, layer) {
      const known = names.get(sql)
      if (known !== undefined) return known
      // streams' columns never begin with an underscore
      const name = `_x${names.size}`
      const bound = { sql: name, layer: layer + 1 }
      names.set(sql, bound)
      while (layers.length <= layer) layers.push([])
      layers[layer]?.push(`${sql} AS ${name}`)
      return bound
    },
    relation: (from) => layers.reduce((inner, columns) => `(SELECT *, ${columns.join(', ')} FROM ${inner})`, from),
  }
}
