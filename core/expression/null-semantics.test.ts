import { expect, test } from 'vitest'
import { COLUMNS } from '../../test/algebra/arbitrary-rows.js'
import type { Row } from '../define/column.js'
import { caseWhen } from './case-when.js'
import { columnsOf } from './columns-of.js'
import { compileCondition, compileEvaluation } from './compile-expression.js'
import type { Expr } from './expr.js'
import { literal } from './literal.js'

// Known answers, for the law in compilers-agree only says that both compilers agree, not that they are right.

type Drawn = {
  t1: { kind: 'text' }
  i1: { kind: 'integer' }
  i2: { kind: 'integer' }
  d2: { kind: 'decimal'; scale: 2 }
  d4: { kind: 'decimal'; scale: 4 }
  r1: { kind: 'real' }
  b1: { kind: 'boolean' }
  b2: { kind: 'boolean' }
  at: { kind: 'time' }
}
const e = columnsOf<Drawn>(COLUMNS, 'drawn')
const MAX = Number.MAX_SAFE_INTEGER
const NONE: Row = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]))

function value(expression: Expr, row: Row = {}): unknown {
  const { value, overflow } = compileEvaluation(expression.node, COLUMNS)({ ...NONE, ...row })
  return overflow ? [value, 'overflow'] : value
}

test('logic is three-valued', () => {
  for (const [b1, b2, both, either] of [
    [false, null, false, null],
    [true, null, null, true],
    [null, null, null, null],
    [true, false, false, true],
  ] as const) {
    expect([value(e.b1.and(e.b2), { b1, b2 }), value(e.b2.and(e.b1), { b1, b2 })]).toEqual([both, both])
    expect([value(e.b1.or(e.b2), { b1, b2 }), value(e.b2.or(e.b1), { b1, b2 })]).toEqual([either, either])
  }
  expect(value(e.b1.not())).toBeNull()
  expect(value(e.b1.ifNull(true))).toBe(true)
})

test('null in a comparison or in arithmetic is null, and a condition holds only where it is true', () => {
  expect(value(e.t1.is('a'))).toBeNull()
  expect(value(e.t1.in(['a']))).toBeNull()
  expect(value(e.i1.plus(1))).toBeNull()
  expect(value(e.t1.concat('x'))).toBeNull()
  expect(value(e.t1.isNull())).toBe(true)
  expect(compileCondition(e.t1.isNot('a').node, COLUMNS)(NONE)).toBe(false)
  expect(compileCondition(e.t1.is('a').not().node, COLUMNS)(NONE)).toBe(false)
})

test('whole numbers that leave ±(2^53 − 1) are null and counted, where they are evaluated', () => {
  expect(value(e.i1.plus(1), { i1: MAX })).toEqual([null, 'overflow'])
  expect(value(e.i1.plus(1), { i1: MAX - 1 })).toBe(MAX)
  expect(value(e.i1.times(e.i2), { i1: 94_906_266, i2: 94_906_266 })).toEqual([null, 'overflow'])
  expect(value(e.d2.plus(e.d4), { d2: MAX, d4: 0 })).toEqual([null, 'overflow'])
  const guarded = caseWhen(e.i1.lt(1000), e.i1.times(e.i1)).otherwise(0)
  expect(value(guarded, { i1: MAX })).toBe(0)
  expect(value(e.i1.times(e.i1).or(5), { i1: MAX })).toEqual([5, 'overflow'])
})

test('decimals are exact: scales meet, products add them, quotients are real', () => {
  expect(value(e.d2.plus(e.d4), { d2: 150, d4: 12_345 })).toBe(27_345)
  expect(value(e.d2.times(e.d4), { d2: 150, d4: 12_345 })).toBe(1_851_750)
  expect(value(e.d2.dividedBy(e.d2), { d2: 30 })).toBe(1)
  expect(value(e.d2.dividedBy(e.d4), { d2: 30, d4: 1000 })).toBe(3)
  expect(value(e.d2.is(0.1), { d2: 10 })).toBe(true)
  expect(value(e.d2.gt(e.d4), { d2: MAX, d4: MAX })).toBe(true)
  expect(value(e.i1.dividedBy(0), { i1: 1 })).toBeNull()
})

test('rounding is half away from zero', () => {
  for (const [d2, rounded] of [
    [150, 2],
    [149, 1],
    [-150, -2],
    [-149, -1],
    [50, 1],
    [-50, -1],
    [49, 0],
    [MAX, 90_071_992_547_410],
  ]) {
    expect(value(e.d2.round(), { d2: d2 as number })).toBe(rounded)
  }
  for (const [r1, rounded] of [
    [0.5, 1],
    [-0.5, -1],
    [2.5, 3],
    [0.49999999999999994, 0],
  ]) {
    expect(value(e.r1.round(), { r1: r1 as number })).toBe(rounded)
  }
  expect(value(e.r1.round(2), { r1: 1e300 })).toEqual([null, 'overflow'])
})

test('floorTo goes down, for negative numbers too', () => {
  expect(value(e.i1.floorTo(10), { i1: 19 })).toBe(10)
  expect(value(e.i1.floorTo(10), { i1: -1 })).toBe(-10)
  expect(value(e.d2.floorTo(0.25), { d2: 199 })).toBe(175)
  expect(value(e.i1.floorTo(10), { i1: -MAX })).toEqual([null, 'overflow'])
})

test('text: ASCII cases, code points, no surprise from the locale', () => {
  expect(value(e.t1.lower(), { t1: 'İΑΣ ABC' })).toBe('İΑΣ abc')
  expect(value(e.t1.upper(), { t1: 'ß abc' })).toBe('ß ABC')
  expect(value(e.t1.length(), { t1: 'a👍b' })).toBe(3)
  expect(value(e.t1.substring(1, 1), { t1: 'a👍b' })).toBe('👍')
  expect(value(e.t1.trim(), { t1: ' \t생수\u00a0\n' })).toBe('생수\u00a0')
  expect(value(literal('\ud800'))).toBe('\ufffd')
})

test('times: truncation and the local calendar, before 1970 too', () => {
  expect(value(e.at.truncate(60_000), { at: -1 })).toBe(-60_000)
  expect(value(e.at.hour('Asia/Seoul'), { at: Date.UTC(2024, 0, 1, 15) })).toBe(0)
  expect(value(e.at.dayOfWeek('Asia/Seoul'), { at: Date.UTC(2023, 11, 31, 15) })).toBe(1)
  expect(value(e.at.dayOfWeek('UTC'), { at: -1 })).toBe(3)
  expect(value(e.at.year('UTC'), { at: -1 })).toBe(1969)
  expect(value(e.at.month('America/New_York'), { at: Date.UTC(2024, 2, 1) })).toBe(2)
})
