import type { Column, ColumnType } from '../define/column.js'
import type { CallNode, ExprNode, LiteralNode } from './expr-node.js'

/** Most decimals that a decimal may have. */
export const MAX_SCALE = 9

const TEXT: ColumnType = { kind: 'text' }
const INTEGER: ColumnType = { kind: 'integer' }
const REAL: ColumnType = { kind: 'real' }
const FLAG: ColumnType = { kind: 'boolean' }
const TIME: ColumnType = { kind: 'time' }

/**
 * The type of an expression over the given columns.
 * @throws naming the operation or the column where the expression is not well-formed.
 */
export function typeOf(node: ExprNode, columns: readonly Column[]): ColumnType {
  switch (node.kind) {
    case 'column': {
      const column = columns.find(({ name }) => name === node.name)
      if (column === undefined) {
        throw new Error(`there is no column "${node.name}" among ${columns.map(({ name }) => name).join(', ')}`)
      }
      if (column.json) throw new Error(`column "${node.name}" is an array or a map, which expressions cannot read`)
      return column.type
    }
    case 'literal':
      return node.type
    case 'call':
      return typeOfCall(
        node,
        node.args.map((arg) => typeOf(arg, columns)),
      )
  }
}

/** The type of a call whose arguments have the types `args`. @throws where the operation does not take them. */
export function typeOfCall(node: CallNode, args: readonly ColumnType[]): ColumnType {
  const refuse = (why: string): never => {
    throw new Error(`${node.op}(${args.map(typeText).join(', ')}): ${why}`)
  }
  const first = args[0] ?? refuse('needs an argument')
  const arity = (n: number) => args.length === n || refuse(`takes ${n} argument${n === 1 ? '' : 's'}`)
  const all = (kind: ColumnType['kind']) => args.every((type) => type.kind === kind) || refuse(`takes ${kind} alone`)
  const number = (type: ColumnType | undefined) => isNumber(type) || refuse('takes numbers')
  const constant = (at: number): LiteralNode => {
    const arg = node.args[at]
    if (arg?.kind !== 'literal' || arg.value === null) return refuse(`argument ${at + 1} must be a constant`)
    return arg
  }
  const whole = (at: number, from: number, to: number) => {
    const { type, value } = constant(at)
    const fits =
      type.kind === 'integer' && Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to
    return fits || refuse(`argument ${at + 1} must be a whole number from ${from} to ${to}, got ${String(value)}`)
  }
  const zone = () => {
    arity(2)
    if (first.kind !== 'time') refuse('takes a time')
    if (constant(1).type.kind !== 'text') refuse('takes a zone')
  }
  switch (node.op) {
    case 'is':
    case 'is-not':
      arity(2)
      if (!comparable(first, args[1] as ColumnType)) refuse('the two sides have types that do not compare')
      return FLAG
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      arity(2)
      if (!comparable(first, args[1] as ColumnType) || !(isNumber(first) || first.kind === 'time'))
        refuse('compares numbers or times')
      return FLAG
    case 'in':
      for (let i = 1; i < args.length; i++) {
        if (constant(i).value === null || !comparable(first, args[i] as ColumnType))
          refuse('the values have another type')
      }
      if (args.length < 2) refuse('needs at least one value')
      return FLAG
    case 'is-null':
      arity(1)
      return FLAG
    case 'and':
    case 'or':
      all('boolean')
      return FLAG
    case 'not':
      arity(1)
      all('boolean')
      return FLAG
    case 'plus':
    case 'minus':
    case 'times': {
      arity(2)
      const second = args[1] as ColumnType
      number(first)
      number(second)
      if (first.kind === 'real' || second.kind === 'real') return REAL
      const [a, b] = [scaleOf(first), scaleOf(second)]
      const scale = node.op === 'times' ? a + b : Math.max(a, b)
      if (scale > MAX_SCALE)
        refuse(`the product would have ${scale} decimals, more than ${MAX_SCALE}: round one side first`)
      return first.kind === 'integer' && second.kind === 'integer' ? INTEGER : { kind: 'decimal', scale }
    }
    case 'divided-by':
      arity(2)
      number(first)
      number(args[1])
      return REAL
    case 'abs':
    case 'negate':
      arity(1)
      number(first)
      return first
    case 'to-real':
      arity(1)
      number(first)
      return REAL
    case 'round': {
      arity(2)
      if (first.kind !== 'decimal' && first.kind !== 'real') refuse('takes a decimal or a real')
      whole(1, 0, MAX_SCALE)
      const scale = constant(1).value as number
      return scale === 0 ? INTEGER : { kind: 'decimal', scale }
    }
    case 'floor-to': {
      arity(2)
      number(first)
      const { type, value } = constant(1)
      if (!isNumber(type) || !((value as number) > 0)) refuse('takes a size above 0')
      if (first.kind !== 'real' && (type.kind === 'real' || scaleOf(type) !== scaleOf(first))) {
        refuse('the size must have the decimals of the number')
      }
      return first
    }
    case 'coalesce':
      return args.reduce((a, b) => common(a, b) ?? refuse('the arguments have different types'))
    case 'case': {
      if (args.length % 2 === 0) refuse('needs a value for otherwise')
      const values = args.filter((_, i) => i % 2 === 1 || i === args.length - 1)
      for (let i = 0; i + 1 < args.length; i += 2) if (args[i]?.kind !== 'boolean') refuse('a condition is a boolean')
      return values.reduce((a, b) => common(a, b) ?? refuse('the values have different types'))
    }
    case 'lower':
    case 'upper':
    case 'trim':
      arity(1)
      all('text')
      return TEXT
    case 'length':
      arity(1)
      all('text')
      return INTEGER
    case 'substring':
      arity(3)
      if (first.kind !== 'text') refuse('takes text')
      whole(1, 0, 0x7fffffff)
      whole(2, 0, 0x7fffffff)
      return TEXT
    case 'concat':
      all('text')
      return TEXT
    case 'starts-with':
    case 'ends-with':
    case 'contains':
      arity(2)
      all('text')
      return FLAG
    case 'to-text':
      arity(1)
      if (first.kind !== 'integer' && first.kind !== 'boolean') refuse('takes an integer or a boolean')
      return TEXT
    case 'plus-ms':
      arity(2)
      if (first.kind !== 'time' || args[1]?.kind !== 'integer') refuse('takes a time and an integer')
      return TIME
    case 'ms-since':
      arity(2)
      all('time')
      return INTEGER
    case 'truncate':
      arity(2)
      if (first.kind !== 'time') refuse('takes a time')
      whole(1, 1, 366 * 86_400_000)
      return TIME
    case 'hour':
    case 'minute':
    case 'day-of-week':
    case 'day-of-month':
    case 'month':
    case 'year':
      zone()
      return INTEGER
  }
}

export function isNumber(type: ColumnType | undefined): boolean {
  return type?.kind === 'integer' || type?.kind === 'decimal' || type?.kind === 'real'
}

/** Decimals of a whole or decimal number, 0 for all else. */
export function scaleOf(type: ColumnType): number {
  return type.kind === 'decimal' ? type.scale : 0
}

/** How a type is written in messages: `decimal(2)`, `text`. */
export function typeText(type: ColumnType): string {
  return type.kind === 'decimal' ? `decimal(${type.scale})` : type.kind
}

function comparable(a: ColumnType, b: ColumnType): boolean {
  return a.kind === b.kind || (isNumber(a) && isNumber(b))
}

/** The type that holds both: integers and decimals become the decimal with the larger scale; else they must be one kind. */
function common(a: ColumnType, b: ColumnType): ColumnType | null {
  if (a.kind === b.kind) return scaleOf(a) >= scaleOf(b) ? a : b
  if (isNumber(a) && isNumber(b)) {
    if (a.kind === 'real' || b.kind === 'real') return REAL
    return { kind: 'decimal', scale: Math.max(scaleOf(a), scaleOf(b)) }
  }
  return null
}
