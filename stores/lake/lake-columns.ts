import type { Column, ColumnType } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'

/** SQL type of a column in the lake. Decimals and instants are whole numbers (scaled, UTC ms). */
export type LakeType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'BLOB'

/** One column of a Parquet file and the JavaScript expression that gives its value while a row is buffered. */
export interface LakeColumn {
  readonly name: string
  readonly type: LakeType
  /** Over the arguments of the buffer's `put`, e.g. `row["word"]`. */
  readonly source: string
}

export function lakeType(type: ColumnType): LakeType {
  switch (type.kind) {
    case 'text':
      return 'VARCHAR'
    case 'integer':
    case 'decimal':
    case 'time':
      return 'BIGINT'
    case 'real':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
  }
}

/** Columns of a row object by their names. */
export function rowColumns(columns: readonly Column[]): readonly LakeColumn[] {
  return columns.map(({ name, type }) => ({ name, type: lakeType(type), source: `row[${JSON.stringify(name)}]` }))
}

const ARCHIVED_AT: readonly LakeColumn[] = [
  { name: '_offset', type: 'BIGINT', source: 'at.offset' },
  { name: '_ts', type: 'BIGINT', source: 'at.timeMs' },
  { name: '_epoch', type: 'BIGINT', source: 'at.epoch' },
]

/** Accepted records, and duplicates alike: the stream's columns, then `_offset`, `_ts`, `_epoch`, `_extra`. No stream may name a column so. */
export function recordColumns(stream: StreamDefinition): readonly LakeColumn[] {
  return [...rowColumns(stream.columns), ...ARCHIVED_AT, { name: '_extra', type: 'VARCHAR', source: 'extras' }]
}

/** Rejected records: `_offset`, `_ts`, `_epoch`, `_reason`, and key and value as sent. */
export const REJECTED_COLUMNS: readonly LakeColumn[] = [
  ...ARCHIVED_AT,
  { name: '_reason', type: 'VARCHAR', source: 'reason' },
  { name: '_key', type: 'BLOB', source: 'key' },
  { name: '_value', type: 'BLOB', source: 'value' },
]

/** Accepted rows of an import: the stream's columns, `_offset` (the row's number in the file, from 0) and `_extra`. */
export function importColumns(stream: StreamDefinition): readonly LakeColumn[] {
  return [
    ...rowColumns(stream.columns),
    { name: '_offset', type: 'BIGINT', source: 'at' },
    { name: '_extra', type: 'VARCHAR', source: 'extras' },
  ]
}

/** Rejected rows of an import: where, why, and the record that was made of the row. */
export const REJECTED_ROW_COLUMNS: readonly LakeColumn[] = [
  { name: '_offset', type: 'BIGINT', source: 'at' },
  { name: '_line', type: 'BIGINT', source: 'rejected.line' },
  { name: '_reason', type: 'VARCHAR', source: 'rejected.reason' },
  { name: '_field', type: 'VARCHAR', source: 'rejected.field' },
  { name: '_found', type: 'VARCHAR', source: 'rejected.value' },
  { name: '_expected', type: 'VARCHAR', source: 'rejected.expected' },
  { name: '_value', type: 'BLOB', source: 'value' },
]

/** `"name" TYPE, …` for CREATE TABLE. */
export function columnList(columns: readonly Pick<LakeColumn, 'name' | 'type'>[]): string {
  return columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ')
}

/** A relation without rows and with these columns. */
export function emptyRelation(columns: readonly LakeColumn[]): string {
  return `(SELECT ${columns.map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`).join(', ')} WHERE false)`
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
