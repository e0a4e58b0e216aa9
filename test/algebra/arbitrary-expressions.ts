import fc from 'fast-check'
import type { ColumnType } from '../../core/define/column.js'
import type { CallNode, ExprNode, Operation } from '../../core/expression/expr-node.js'
import { literalNode } from '../../core/expression/literal-node.js'
import { scaleOf, typeOf } from '../../core/expression/type-of.js'
import { COLUMNS, instant, real, text, whole } from './arbitrary-rows.js'

type Kind = ColumnType['kind']
type Gen = fc.Arbitrary<ExprNode>

const ZONES = ['Asia/Seoul', 'America/New_York', 'UTC', 'Asia/Kathmandu', 'Australia/Lord_Howe']

function call(op: Operation, args: readonly ExprNode[]): CallNode {
  return { kind: 'call', op, args }
}

function constant(value: string | number | boolean, kind: Exclude<Kind, 'decimal'>): ExprNode {
  return literalNode(value, { kind })
}

/** Every expression that is well-formed over `COLUMNS`, up to a depth, by the kind of its result. */
export function expression(kind: Kind, depth: number): Gen {
  const leaf = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .constantFrom(...COLUMNS.filter(({ type }) => type.kind === kind))
        .map(({ name }): ExprNode => ({ kind: 'column', name })),
    },
    { weight: 1, arbitrary: literals[kind] },
  )
  if (depth === 0) return leaf
  const below = (of: Kind): Gen => expression(of, depth - 1)
  const any = fc.constantFrom<Kind>('text', 'integer', 'decimal', 'real', 'boolean', 'time').chain(below)
  const number = fc.constantFrom<Kind>('integer', 'decimal', 'real').chain(below)
  const of = (op: Operation, ...args: readonly Gen[]): Gen => fc.tuple(...args).map((made) => call(op, made))
  const pick = (ops: readonly Operation[], ...args: readonly Gen[]): Gen =>
    fc.constantFrom(...ops).chain((op) => of(op, ...args))
  const branches = fc.oneof(
    of('coalesce', below(kind), below(kind)),
    of('coalesce', below(kind), below(kind), below(kind)),
    of('case', below('boolean'), below(kind), below(kind)),
    of('case', below('boolean'), below(kind), below('boolean'), below(kind), below(kind)),
  )
  const made: Record<Kind, () => Gen[]> = {
    boolean: () => [
      pick(['is', 'is-not', 'gt', 'gte', 'lt', 'lte'], number, number),
      pick(['is', 'is-not', 'gt', 'lte'], below('time'), below('time')),
      pick(['is', 'is-not'], below('text'), below('text')),
      pick(['is', 'is-not'], below('boolean'), below('boolean')),
      fc
        .tuple(below('text'), fc.array(text, { minLength: 1, maxLength: 12 }))
        .map(([a, values]) => call('in', [a, ...values.map((v) => constant(v, 'text'))])),
      fc
        .tuple(below('decimal'), fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 3 }))
        .map(([a, values]) => call('in', [a, ...values.map((v) => constant(v, 'integer'))])),
      of('is-null', any),
      pick(['and', 'or'], below('boolean'), below('boolean')),
      pick(['and', 'or'], below('boolean'), below('boolean'), below('boolean')),
      of('not', below('boolean')),
      pick(['starts-with', 'ends-with', 'contains'], below('text'), below('text')),
    ],
    integer: () => [
      pick(['plus', 'minus', 'times'], below('integer'), below('integer')),
      pick(['abs', 'negate'], below('integer')),
      fc
        .tuple(fc.constantFrom<Kind>('decimal', 'real').chain(below))
        .map(([a]) => call('round', [a, constant(0, 'integer')])),
      fc
        .tuple(below('integer'), fc.constantFrom(1, 2, 7, 10, 1000))
        .map(([a, size]) => call('floor-to', [a, constant(size, 'integer')])),
      of('length', below('text')),
      of('ms-since', below('time'), below('time')),
      fc
        .tuple(
          fc.constantFrom<Operation>('hour', 'minute', 'day-of-week', 'day-of-month', 'month', 'year'),
          below('time'),
          fc.constantFrom(...ZONES),
        )
        .map(([op, at, zone]) => call(op, [at, constant(zone, 'text')])),
    ],
    decimal: () => [
      pick(['plus', 'minus'], below('decimal'), fc.constantFrom<Kind>('integer', 'decimal').chain(below)),
      of('times', below('decimal'), fc.constantFrom<Kind>('integer', 'decimal').chain(below)),
      pick(['abs', 'negate'], below('decimal')),
      fc
        .tuple(fc.constantFrom<Kind>('decimal', 'real').chain(below), fc.integer({ min: 1, max: 9 }))
        .map(([a, scale]) => call('round', [a, constant(scale, 'integer')])),
      fc.tuple(below('decimal'), fc.constantFrom(1, 3, 25, 1000)).map(([a, size]) => {
        const type = typeOf(a, COLUMNS)
        return call('floor-to', [a, { kind: 'literal', type, value: size }])
      }),
    ],
    real: () => [
      pick(['plus', 'minus', 'times'], below('real'), number),
      of('divided-by', number, number),
      pick(['abs', 'negate'], below('real')),
      of('to-real', number),
      fc
        .tuple(below('real'), fc.constantFrom(0.5, 10, 0.1))
        .map(([a, size]) => call('floor-to', [a, constant(size, 'real')])),
    ],
    text: () => [
      pick(['lower', 'upper', 'trim'], below('text')),
      fc
        .tuple(below('text'), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 5 }))
        .map(([a, from, n]) => call('substring', [a, constant(from, 'integer'), constant(n, 'integer')])),
      of('concat', below('text'), below('text')),
      of('to-text', fc.constantFrom<Kind>('integer', 'boolean').chain(below)),
    ],
    time: () => [
      of('plus-ms', below('time'), below('integer')),
      fc
        .tuple(below('time'), fc.constantFrom(1, 1000, 60_000, 86_400_000))
        .map(([a, size]) => call('truncate', [a, constant(size, 'integer')])),
    ],
  }
  return fc.oneof(leaf, branches, ...made[kind]()).filter(wellFormed)
}

const literals: Record<Kind, Gen> = {
  text: text.map((value) => constant(value, 'text')),
  integer: whole.map((value) => constant(value, 'integer')),
  decimal: fc
    .tuple(whole, fc.integer({ min: 1, max: 5 }))
    .map(([value, scale]): ExprNode => ({ kind: 'literal', type: { kind: 'decimal', scale }, value })),
  real: real.map((value) => constant(value, 'real')),
  boolean: fc.constantFrom(constant(true, 'boolean'), constant(false, 'boolean'), {
    kind: 'literal',
    type: { kind: 'boolean' },
    value: null,
  } as ExprNode),
  time: instant.map((value) => constant(value, 'time')),
}

/** Products with too many decimals are refused when a definition is made; so are sums that would join such. */
function wellFormed(node: ExprNode): boolean {
  try {
    return scaleOf(typeOf(node, COLUMNS)) <= 9
  } catch {
    return false
  }
}
