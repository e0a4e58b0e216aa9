import type { Column } from '../define/column.js'
import type { ExprNode } from './expr-node.js'
import { createSqlContext } from './sql-context.js'
import type { SqlDialect } from './sql-dialect.js'
import { anyOf, toSql } from './to-sql.js'

/**
 * A SELECT of expressions over a relation: one column per entry of `expressions`, and `overflow` (never null) where
 * `overflowAs` names it.
 */
export function selectSql(options: {
  /** What FROM takes: a table's name, a function call, a subquery in brackets; it has the stream's columns. */
  readonly from: string
  readonly columns: readonly Column[]
  readonly dialect: SqlDialect
  readonly expressions: Readonly<Record<string, ExprNode>>
  /** Rows for which it is true. @default every row */
  readonly where?: ExprNode | null
  readonly overflowAs?: string
  /** Columns of the relation to hand through. @default none */
  readonly keep?: readonly string[]
}): string {
  const { from, columns, dialect, expressions, where = null, overflowAs, keep = [] } = options
  const context = createSqlContext(columns, dialect)
  const condition = where === null ? null : toSql(where, context)
  const values = Object.entries(expressions).map(([name, node]) => ({ name, value: toSql(node, context) }))
  const list = [
    ...keep.map(dialect.identifier),
    ...values.map(({ name, value }) => `${value.sql} AS ${dialect.identifier(name)}`),
  ]
  if (overflowAs !== undefined) {
    const overflow = anyOf([condition?.overflow ?? null, ...values.map(({ value }) => value.overflow)])
    list.push(`${overflow ?? 'FALSE'} AS ${dialect.identifier(overflowAs)}`)
  }
  return `SELECT ${list.join(', ')} FROM ${context.relation(from)}${condition === null ? '' : ` WHERE ${condition.sql}`}`
}
