import type { CollectionDefinition } from '../define/collection-definition.js'
import type { ColumnType, Row, Scalar } from '../define/column.js'
import { compileCondition, compileExpression } from '../expression/compile-expression.js'

/** What a record does to a fed collection. */
export interface FedDocument {
  /** Which document it is about. */
  readonly id: string
  /** The document's fields as they are shown: decimals unscaled, instants in ISO 8601. Null: it is removed. */
  readonly value: Readonly<Record<string, Scalar>> | null
}

/** Turns an accepted record into what it does; null where it names no document. The same in both layers. */
export type Feed = (row: Row) => FedDocument | null

/** @throws Error where no stream feeds the collection */
export function compileFeed({ name, columns, id, feed }: CollectionDefinition): Feed {
  if (feed === null) throw new Error(`collection "${name}" is loaded by a source; no stream feeds it`)
  const fields = columns.map((column) => {
    const node = feed.fields[column.name]
    if (node === undefined) throw new Error(`collection "${name}" has no expression for its field "${column.name}"`)
    return { name: column.name, type: column.type, evaluate: compileExpression(node, feed.stream.columns) }
  })
  const removes = feed.remove === null ? () => false : compileCondition(feed.remove, feed.stream.columns)
  return (row) => {
    const value: Record<string, Scalar> = {}
    for (const field of fields) value[field.name] = shown(field.evaluate(row), field.type)
    const named = value[id] ?? null
    if (named === null || named === '') return null
    return { id: String(named), value: removes(row) ? null : value }
  }
}

function shown(value: Scalar, type: ColumnType): Scalar {
  if (typeof value !== 'number') return value
  if (type.kind === 'decimal') return value / 10 ** type.scale
  return type.kind === 'time' ? new Date(value).toISOString() : value
}
