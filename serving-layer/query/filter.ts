import type { Scalar } from '../../core/define/column.js'
import type { Dimension } from '../../core/define/view-definition.js'
import { ParameterError } from './parameter-error.js'
import { parseScalar } from './scalar-text.js'

/** One condition on a dimension; several must all hold. Null satisfies none but `null` and `isNot`. */
export interface Filter {
  /** Position in the view's dimensions. */
  readonly dimension: number
  /** As it was asked for, canonical enough to name it. */
  readonly text: string
  readonly test: (value: Scalar) => boolean
}

const ORDERED = {
  gt: (a: Scalar, b: Scalar) => compare(a, b) > 0,
  gte: (a: Scalar, b: Scalar) => compare(a, b) >= 0,
  lt: (a: Scalar, b: Scalar) => compare(a, b) < 0,
  lte: (a: Scalar, b: Scalar) => compare(a, b) <= 0,
} as const

/** Words between the dimension and the value. `in` takes a comma-separated list; `null` and `notNull` take none. */
export const FILTER_OPERATORS = [
  'is',
  'isNot',
  'in',
  'startsWith',
  'null',
  'notNull',
  'gt',
  'gte',
  'lt',
  'lte',
] as const

const EXPECTED = `<dimension>:<${FILTER_OPERATORS.join('|')}>:<value>, such as word:is:water, age:gte:20 or word:in:a,b`

/** @throws ParameterError naming the filter, and the dimensions or operators there are */
export function parseFilter(text: string, dimensions: readonly Dimension[]): Filter {
  const [name = '', operator = '', ...rest] = text.split(':')
  const value = rest.join(':')
  const position = dimensions.findIndex((dimension) => dimension.name === name)
  const dimension = dimensions[position]
  if (!dimension) {
    const names = dimensions.map((d) => d.name).join(', ') || 'none: the view has no dimensions'
    throw new ParameterError('filter', text, `a filter on one of the view's dimensions (${names})`)
  }
  const literal = (one: string): Scalar => {
    const parsed = parseScalar(one, dimension.type)
    if (parsed === undefined)
      throw new ParameterError('filter', text, `a value of type ${dimension.type.kind} for "${name}"`)
    return parsed
  }
  const of = (test: Filter['test']): Filter => ({ dimension: position, text, test })
  switch (operator) {
    case 'is':
      return of(same(literal(value)))
    case 'isNot': {
      const is = same(literal(value))
      return of((held) => !is(held))
    }
    case 'in': {
      const listed = new Set(value.split(',').map(literal))
      return of((held) => held !== null && listed.has(held))
    }
    case 'startsWith':
      if (dimension.type.kind !== 'text')
        throw new ParameterError(
          'filter',
          text,
          `"startsWith" on a text dimension; "${name}" is ${dimension.type.kind}`,
        )
      return of((held) => typeof held === 'string' && held.startsWith(value))
    case 'null':
    case 'notNull':
      if (value !== '') throw new ParameterError('filter', text, `"${operator}" without a value`)
      return of((held) => (held === null) === (operator === 'null'))
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const bound = literal(value)
      const holds = ORDERED[operator]
      return of((held) => held !== null && holds(held, bound))
    }
    default:
      throw new ParameterError('filter', text, EXPECTED)
  }
}

function same(wanted: Scalar): Filter['test'] {
  return (held) => held === wanted
}

/** Order of two values of one dimension: numbers by size, text by UTF-16 code units, false before true; null last. */
export function compare(a: Scalar, b: Scalar): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a < b ? -1 : 1
}
