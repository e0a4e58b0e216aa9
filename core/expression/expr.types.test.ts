import { expect, test } from 'vitest'
import { COLUMNS } from '../../test/algebra/arbitrary-rows.js'
import { count } from '../measure/count.js'
import { distinct } from '../measure/distinct.js'
import { quantile } from '../measure/quantile.js'
import { sum } from '../measure/sum.js'
import { caseWhen } from './case-when.js'
import { coalesce } from './coalesce.js'
import { columnsOf } from './columns-of.js'
import type { BooleanExpr, DecimalExpr, IntegerExpr, RealExpr, TextExpr } from './expr.js'
import { literal } from './literal.js'
import { and, not, or } from './logic.js'

type Drawn = {
  t1: { kind: 'text' }
  i1: { kind: 'integer' }
  i2: { kind: 'integer' }
  d2: { kind: 'decimal'; scale: 2 }
  r1: { kind: 'real' }
  b1: { kind: 'boolean' }
  at: { kind: 'time' }
}
const e = columnsOf<Drawn>(COLUMNS, 'drawn')

test('every method gives the type that TypeScript says', () => {
  const kinds: [{ type: { kind: string } }, string][] = [
    [e.t1.or('un') satisfies TextExpr, 'text'],
    [e.t1.lower().concat('-', e.t1).substring(1, 2) satisfies TextExpr, 'text'],
    [e.t1.length() satisfies IntegerExpr, 'integer'],
    [e.t1.in(['a', 'b']).and(e.b1, true).not() satisfies BooleanExpr, 'boolean'],
    [e.i1.plus(e.i2).times(3).floorTo(10) satisfies IntegerExpr, 'integer'],
    [e.i1.plus(e.d2) satisfies DecimalExpr, 'decimal'],
    [e.i1.minus(e.r1) satisfies RealExpr, 'real'],
    [e.i1.dividedBy(e.i2) satisfies RealExpr, 'real'],
    [e.d2.plus(0.25).times(2) satisfies DecimalExpr, 'decimal'],
    [e.d2.round() satisfies IntegerExpr, 'integer'],
    [e.r1.round(2) satisfies DecimalExpr, 'decimal'],
    [e.r1.abs().gte(0.5) satisfies BooleanExpr, 'boolean'],
    [e.at.truncate(60_000).msSince(e.at) satisfies IntegerExpr, 'integer'],
    [e.at.hour('Asia/Seoul').gte(22) satisfies BooleanExpr, 'boolean'],
    [or(e.b1, not(e.b1)).ifNull(false) satisfies BooleanExpr, 'boolean'],
    [and(e.i1.isNull(), e.t1.isNotNull()).toText() satisfies TextExpr, 'text'],
    [coalesce(e.i1, e.i2, literal(3)) satisfies IntegerExpr, 'integer'],
    [
      caseWhen(e.i1.gte(60), 60).when(e.i1.lt(0), e.i2).otherwise(e.i1.floorTo(10)).or(99) satisfies IntegerExpr,
      'integer',
    ],
    [caseWhen(e.b1, 'yes').otherwise(null) satisfies TextExpr, 'text'],
    [literal(1.5, { kind: 'real' }) satisfies RealExpr, 'real'],
  ]
  for (const [expression, kind] of kinds) expect(expression.type.kind).toBe(kind)
})

// each line is refused by TypeScript; what plain JavaScript would still reach is refused when it runs
const misuse: [string, () => unknown, RegExp][] = [
  // @ts-expect-error no such column
  ['a column that does not exist', () => e.nope, /stream "drawn" has no column "nope"; it has t1, /],
  // @ts-expect-error a number compared with text
  ['text given to gt', () => e.i1.gt('60'), /"60" is not a value of type integer/],
  // @ts-expect-error text has no order
  ['gt on text', () => e.t1.gt('a'), /not a function/],
  // @ts-expect-error text compared with a number
  ['a number given to text', () => e.t1.is(5), /do not compare/],
  // @ts-expect-error text added
  ['text added', () => e.i1.plus(e.t1), /takes numbers/],
  // @ts-expect-error null is asked for by isNull
  ['null in a comparison', () => e.t1.is(null), /null is no value of an expression/],
  // @ts-expect-error branches of two types
  ['branches of two types', () => caseWhen(e.b1, 'a').otherwise(5), /different types/],
  // @ts-expect-error a condition must be a boolean
  ['a number as a condition', () => caseWhen(e.i1, 'a').otherwise('b'), /a condition is a boolean/],
  // @ts-expect-error sums are of numbers
  ['a sum of text', () => sum(e.t1), /sum\(\) reads a number, got text/],
  // @ts-expect-error a real has no exact text
  ['distinct reals', () => distinct(e.r1), /distinct\(\) reads text, integers, booleans or times, got real/],
  // @ts-expect-error a condition must be a boolean
  ['a measure over what is no condition', () => count().where(e.i1), /needs a condition/],
  // @ts-expect-error or on a boolean is logic
  ['a text default for a boolean', () => e.b1.or('un'), /is not a value of type boolean/],
]

test.each(misuse)('%s is refused', (_, use, message) => {
  expect(use).toThrow(message)
})

test('what TypeScript cannot see is refused when the definition is made', () => {
  expect(() => e.i1.plus(0.5)).toThrow("plus(integer, 0.5): write literal(0.5, { kind: 'decimal', scale: … })")
  expect(() => e.d2.times(e.d2).times(e.d2).times(e.d2).times(e.d2)).toThrow('more than 9: round one side first')
  expect(() => e.i1.floorTo(0)).toThrow('takes a size above 0')
  expect(() => e.i1.floorTo(0.5)).toThrow('0.5 is not a value of type integer')
  expect(() => e.i1.is(Number.NaN)).toThrow('NaN')
  expect(() => e.at.hour('Asia/Atlantis')).toThrow('"Asia/Atlantis" is not an IANA time zone')
  expect(() => e.t1.in([])).toThrow('needs at least one value')
  expect(() => e.t1.substring(-1)).toThrow('a whole number from 0')
  expect(() => e.at.truncate(0.5)).toThrow('not a value of type integer')
  expect(() => quantile(e.i1, 1)).toThrow('between 0 and 1')
  expect(() => quantile(e.i1, [])).toThrow('between 0 and 1')
  expect(() => quantile(e.i1, 0.5, { relativeError: 0 })).toThrow('relativeError')
  expect(() => distinct(e.t1, { precision: 17 })).toThrow('precision of 4 to 16')
})

test('an array or a map cannot be read', () => {
  const columns = columnsOf<{ list: { kind: 'text' } }>(
    [{ name: 'list', type: { kind: 'text' }, path: ['list'], json: true }],
    'drawn',
  )
  expect(() => columns.list).toThrow('stream "drawn": column "list" is an array or a map')
})

test('an expression is plain data', () => {
  const { node } = caseWhen(e.i1.gte(60), 60).otherwise(e.i1.floorTo(10)).or(99)
  expect(structuredClone(node)).toEqual(node)
  expect(JSON.parse(JSON.stringify(node))).toEqual(node)
  expect(Object.isFrozen(node)).toBe(true)
})
