import type { ColumnType, Scalar } from '../define/column.js'
import { freeze } from '../freeze.js'
import type { BooleanExpr, Expr, ExprOf } from './expr.js'
import type { ExprNode, Operation } from './expr-node.js'
import { literalNode, typeOfNumber } from './literal-node.js'
import { typeOfCall, typeText } from './type-of.js'

/** What a method takes on its right: an expression, or a bare value that becomes a literal of the fitting type. */
type Argument = Expr | string | number | boolean

/**
 * The expression that builds on `node`, with the methods of its type. The interfaces in `expr.ts` say what TypeScript lets
 * through; what it cannot see (a fractional literal beside an integer, too many decimals) is refused here, when the
 * definition is made.
 */
export function expressionOf<T extends ColumnType>(node: ExprNode, type: T): ExprOf<T> {
  const common = {
    node,
    type,
    isNull: () => call('is-null', self()),
    isNotNull: () => call('not', call('is-null', self())),
  }
  const self = (): Expr => expression as Expr
  const expression: object = freeze({ ...common, ...methods(type, self) })
  // one cast for all types: each table of methods below holds exactly the members of its interface
  return expression as ExprOf<T>
}

/** Applies an operation to expressions, checking their types. */
export function call(op: Operation, ...args: readonly Expr[]): BooleanExpr & Expr {
  const node = freeze({ kind: 'call' as const, op, args: freeze(args.map((arg) => arg.node)) })
  const type = typeOfCall(
    node,
    args.map((arg) => arg.type),
  )
  return expressionOf(node, freeze(type)) as BooleanExpr & Expr
}

/** An argument as an expression; a bare number beside `beside` takes the type that keeps it exact. */
export function argument(value: Argument, beside: ColumnType): Expr {
  if (typeof value === 'object' && value !== null && 'node' in value) return value
  if (value === null || value === undefined)
    throw new Error(`${String(value)} is no value of an expression: isNull() asks for null`)
  const type = typeof value === 'number' && beside.kind !== 'time' ? typeOfNumber(value, beside) : beside
  return constant(value, type)
}

export function constant(value: Scalar, type: ColumnType): Expr {
  return expressionOf(literalNode(value, type), type) as Expr
}

function methods(type: ColumnType, self: () => Expr): object {
  const binary = (op: Operation) => (right: Argument) => call(op, self(), argument(right, type))
  const unary = (op: Operation) => () => call(op, self())
  const isOneOf = (values: readonly (string | number)[]) => {
    if (!Array.isArray(values) || values.length === 0)
      throw new Error(`in() on ${typeText(type)} needs at least one value`)
    return call('in', self(), ...values.map((value) => argument(value, type)))
  }
  const equality = { is: binary('is'), isNot: binary('is-not') }
  const order = { gt: binary('gt'), gte: binary('gte'), lt: binary('lt'), lte: binary('lte') }
  const whole = (value: number) => constant(value, { kind: 'integer' })
  const arithmetic = {
    ...equality,
    ...order,
    in: isOneOf,
    or: binary('coalesce'),
    plus: binary('plus'),
    minus: binary('minus'),
    times: binary('times'),
    dividedBy: binary('divided-by'),
    floorTo: (size: number) => call('floor-to', self(), constant(size, type)),
    abs: unary('abs'),
    negated: unary('negate'),
    toReal: unary('to-real'),
    round: (decimals = 0) => call('round', self(), whole(decimals)),
  }
  switch (type.kind) {
    case 'integer': {
      const { round: _, ...rest } = arithmetic
      // a fraction beside an integer would silently make a decimal, against the declared return type
      const exact = (op: Operation) => (right: Argument) => {
        if (typeof right === 'number' && !Number.isSafeInteger(right)) {
          throw new Error(
            `${op}(integer, ${right}): write literal(${right}, { kind: 'decimal', scale: … }) or { kind: 'real' }`,
          )
        }
        return call(op, self(), argument(right, type))
      }
      return {
        ...rest,
        plus: exact('plus'),
        minus: exact('minus'),
        times: exact('times'),
        or: exact('coalesce'),
        toText: unary('to-text'),
      }
    }
    case 'decimal':
      return arithmetic
    case 'real': {
      const { toReal: _, in: __, ...rest } = arithmetic
      return rest
    }
    case 'text':
      return {
        ...equality,
        in: isOneOf,
        or: binary('coalesce'),
        lower: unary('lower'),
        upper: unary('upper'),
        trim: unary('trim'),
        length: unary('length'),
        substring: (from: number, length = 0x7fffffff) => call('substring', self(), whole(from), whole(length)),
        concat: (...right: readonly Argument[]) =>
          call('concat', self(), ...right.map((value) => argument(value, type))),
        startsWith: binary('starts-with'),
        endsWith: binary('ends-with'),
        contains: binary('contains'),
      }
    case 'boolean':
      return {
        ...equality,
        and: (...right: readonly Argument[]) => call('and', self(), ...right.map((value) => argument(value, type))),
        or: (...right: readonly Argument[]) => call('or', self(), ...right.map((value) => argument(value, type))),
        not: unary('not'),
        ifNull: binary('coalesce'),
        toText: unary('to-text'),
      }
    case 'time': {
      const inZone = (op: Operation) => (zone: string) =>
        call(op, self(), constant(checkedZone(zone), { kind: 'text' }))
      return {
        ...equality,
        ...order,
        or: binary('coalesce'),
        plusMs: (ms: Argument) => call('plus-ms', self(), argument(ms, { kind: 'integer' })),
        msSince: binary('ms-since'),
        truncate: (sizeMs: number) => call('truncate', self(), whole(sizeMs)),
        hour: inZone('hour'),
        minute: inZone('minute'),
        dayOfWeek: inZone('day-of-week'),
        dayOfMonth: inZone('day-of-month'),
        month: inZone('month'),
        year: inZone('year'),
      }
    }
  }
}

function checkedZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return zone
  } catch (cause) {
    throw new Error(`"${zone}" is not an IANA time zone`, { cause })
  }
}
