import type { Prefix } from './load-stream.js'

/** A relation holding only what lies below the prefix. */
export function belowPrefix(table: string, prefix: Prefix): string {
  const terms = Object.entries(prefix).map(
    ([partition, to]) => `(_partition = ${Number(partition)} AND _offset < ${to})`,
  )
  return `(SELECT * FROM "${table.replaceAll('"', '""')}" WHERE ${terms.join(' OR ') || 'false'})`
}
