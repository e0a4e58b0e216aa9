import type { Column } from '../../core/define/column.js'

export type FieldValue = string | number | boolean

/** One condition on a field of a document; several must all hold. A field that is absent is null. */
export type FieldFilter = { readonly field: string } & (
  | { readonly kind: 'is' | 'isNot' | 'gt' | 'gte' | 'lt' | 'lte'; readonly value: FieldValue }
  | { readonly kind: 'in'; readonly values: readonly FieldValue[] }
  | { readonly kind: 'startsWith'; readonly value: string }
  | { readonly kind: 'null' | 'notNull' }
)

/** Whether a document's field satisfies a filter; null satisfies none but `null` and `isNot`. */
export function satisfies(held: unknown, filter: FieldFilter): boolean {
  const value = held ?? null
  switch (filter.kind) {
    case 'is':
      return value === filter.value
    case 'isNot':
      return value !== filter.value
    case 'in':
      return filter.values.some((one) => one === value)
    case 'startsWith':
      return typeof value === 'string' && value.startsWith(filter.value)
    case 'null':
      return value === null
    case 'notNull':
      return value !== null
    case 'gt':
      return value !== null && value > filter.value
    case 'gte':
      return value !== null && value >= filter.value
    case 'lt':
      return value !== null && value < filter.value
    case 'lte':
      return value !== null && value <= filter.value
  }
}

/** The value of a column in a document, null where it is absent. */
export function valueAt(value: Readonly<Record<string, unknown>>, { path }: Pick<Column, 'path'>): unknown {
  let held: unknown = value
  for (const key of path) {
    if (typeof held !== 'object' || held === null) return null
    held = (held as Readonly<Record<string, unknown>>)[key]
  }
  return held ?? null
}
