import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { Column } from '../../core/define/column.js'
import type { FieldFilter, FieldValue } from '../../stores/collections/field-filter.js'
import { FILTER_OPERATORS } from '../query/filter.js'
import { ParameterError } from '../query/parameter-error.js'

const EXPECTED = `<field>:<${FILTER_OPERATORS.join('|')}>:<value>, such as brand:is:제주, price:gte:1000 or volume:in:1L,2L`

/** The same words as a view's filters, over the fields of documents. @throws ParameterError naming the filter and the fields there are */
export function parseFieldFilter(text: string, { columns }: Pick<CollectionDefinition, 'columns'>): FieldFilter {
  const [name = '', operator = '', ...rest] = text.split(':')
  const value = rest.join(':')
  const fields = columns.filter(({ json }) => json !== true)
  const column = fields.find((one) => one.name === name)
  if (column === undefined) {
    const names = fields.map((one) => one.name).join(', ')
    throw new ParameterError('filter', text, `a filter on one of the collection's fields (${names})`)
  }
  const field = column.path.join('.')
  const literal = (one: string): FieldValue => {
    const parsed = parseValue(one, column)
    if (parsed === undefined)
      throw new ParameterError('filter', text, `a value of type ${column.type.kind} for "${name}"`)
    return parsed
  }
  switch (operator) {
    case 'is':
    case 'isNot':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { field, kind: operator, value: literal(value) }
    case 'in':
      return { field, kind: 'in', values: value.split(',').map(literal) }
    case 'startsWith':
      if (column.type.kind !== 'text')
        throw new ParameterError('filter', text, `"startsWith" on a text field; "${name}" is ${column.type.kind}`)
      return { field, kind: 'startsWith', value }
    case 'null':
    case 'notNull':
      if (value !== '') throw new ParameterError('filter', text, `"${operator}" without a value`)
      return { field, kind: operator }
    default:
      throw new ParameterError('filter', text, EXPECTED)
  }
}

/** As documents hold it: decimals unscaled, instants as the text they were sent as. */
function parseValue(text: string, { type }: Column): FieldValue | undefined {
  switch (type.kind) {
    case 'text':
    case 'time':
      return text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'integer':
      return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
    case 'decimal':
    case 'real':
      return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
  }
}
