import { createHash } from 'node:crypto'
import type { Row, Scalar } from '../define/column.js'
import type { StreamDefinition } from '../define/stream-definition.js'

/** Longest text kept as it is, in UTF-16 units. */
const LONGEST = 64

/** The text of a decoded record's id; null where one of its columns is null: such a record is never a duplicate. */
export type RecordId = (row: Row) => string | null

/**
 * A stream's id as one text, the same in both layers: the columns as JSON, so that different ids have different texts
 * and none holds a line break. What is longer than 64 characters stands in by its sha256, which bounds what an engine
 * has to hold of it.
 *
 * @returns null where the stream has no id
 */
export function compileRecordId({ id }: Pick<StreamDefinition, 'id'>): RecordId | null {
  if (id === null) return null
  const [only] = id
  if (only !== undefined && id.length === 1) {
    return (row) => {
      const value = row[only] as Scalar
      return value === null ? null : bounded(JSON.stringify(value))
    }
  }
  return (row) => {
    const values = id.map((column) => row[column] as Scalar)
    return values.includes(null) ? null : bounded(JSON.stringify(values).slice(1, -1))
  }
}

function bounded(text: string): string {
  return text.length <= LONGEST ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`
}
