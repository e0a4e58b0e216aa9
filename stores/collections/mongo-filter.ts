import type { FieldFilter } from './field-filter.js'

/** Beyond every text that begins with the one before it. */
const LAST = '\u{10ffff}'

/** A filter in MongoDB's words, over the documents' `value`. */
export function mongoFilter(filters: readonly FieldFilter[]): Record<string, unknown> {
  const conditions = filters.map((filter) => ({ [`value.${filter.field}`]: condition(filter) }))
  return conditions.length === 0 ? {} : { $and: conditions }
}

function condition(filter: FieldFilter): Record<string, unknown> {
  switch (filter.kind) {
    case 'is':
      return { $eq: filter.value }
    case 'isNot':
      return { $ne: filter.value }
    case 'in':
      return { $in: filter.values }
    case 'startsWith':
      return { $gte: filter.value, $lt: `${filter.value}${LAST}` }
    case 'null':
      return { $eq: null }
    case 'notNull':
      return { $ne: null }
    default:
      return { [`$${filter.kind}`]: filter.value }
  }
}
