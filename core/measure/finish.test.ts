import { expect, test } from 'vitest'
import { COLUMNS } from '../../test/algebra/arbitrary-rows.js'
import { STREAM } from '../../test/algebra/arbitrary-views.js'
import { decodeRegisters } from '../cell/decode-registers.js'
import { encodeRegisters } from '../cell/encode-registers.js'
import { compileFold } from '../compile/compile-fold.js'
import type { Row, Scalar } from '../define/column.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { columnsOf } from '../expression/columns-of.js'
import { count } from './count.js'
import { distinct } from './distinct.js'
import { finish, type MeasureValue } from './finish.js'
import { max } from './max.js'
import { mean } from './mean.js'
import type { Measure } from './measure.js'
import { min } from './min.js'
import { quantile } from './quantile.js'
import { registersOfView } from './registers-of.js'
import { sum } from './sum.js'
import { variance } from './variance.js'

type Drawn = {
  t1: { kind: 'text' }
  i1: { kind: 'integer' }
  d2: { kind: 'decimal'; scale: 2 }
  r1: { kind: 'real' }
  at: { kind: 'time' }
}
const e = columnsOf<Drawn>(COLUMNS, 'drawn')
const MAX = Number.MAX_SAFE_INTEGER

/** Folds records with the given values into one cell and finishes it. */
function answer(
  measures: Record<string, Measure>,
  rows: readonly Record<string, Scalar>[],
): Record<string, MeasureValue> {
  const specs = Object.entries(measures).map(([name, { spec }]) => ({ name, spec }))
  const view: ViewDefinition = {
    kind: 'view',
    name: 'one',
    parts: [
      {
        stream: STREAM,
        where: null,
        by: [],
        inputs: Object.values(measures).map(({ value, condition }) => ({ value, where: condition })),
      },
    ],
    dimensions: [],
    measures: specs,
    registers: registersOfView(specs),
    windows: [60_000],
    zone: 'UTC',
    ledger: false,
    hash: 'one',
  }
  const fold = compileFold(STREAM, [view], 60_000)
  const none = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]))
  for (const row of rows) fold.add({ ...none, at: 0, ...row } as Row, 0)
  const cell = fold.takeDirty()[0]
  return finish(view, decodeRegisters(view.registers, encodeRegisters(view.registers, cell?.registers ?? [])))
}

test('every measure of a handful of decimals', () => {
  const rows = [150, 250, 350, null].map((d2, i) => ({ d2, t1: i < 2 ? 'a' : 'b' }))
  const measures = {
    n: count(),
    as: count().where(e.t1.is('a')),
    total: sum(e.d2),
    of_b: sum(e.d2).where(e.t1.is('b')),
    low: min(e.d2),
    high: max(e.d2),
    mean: mean(e.d2),
    var: variance(e.d2),
    words: distinct(e.t1),
    q: quantile(e.d2, [0.5, 0.95]),
    median: quantile(e.d2, 0.5),
  }
  expect(answer(measures, rows)).toEqual({
    n: 4,
    as: 2,
    total: 7.5,
    of_b: 3.5,
    low: 1.5,
    high: 3.5,
    mean: 2.5,
    var: 0.6666666666666667,
    words: 2,
    median: 2.5,
    q: { p50: 2.5, p95: 3.49 },
  })
})

test('without a value a sum is 0 and everything else but counts is null', () => {
  const measures = {
    n: count(),
    s: sum(e.i1),
    a: mean(e.i1),
    v: variance(e.r1),
    lo: min(e.at).where(e.i1.gt(5)),
    hi: max(e.r1),
    d: distinct(e.t1),
    q: quantile(e.r1, 0.9),
  }
  expect(answer(measures, [{}])).toEqual({ n: 1, s: 0, a: null, v: null, lo: null, hi: null, d: 0, q: null })
})

test('a sum beyond 2^53 − 1 answers overflow, in its own measure alone', () => {
  expect(answer({ n: count(), s: sum(e.i1), a: mean(e.i1) }, [{ i1: MAX }, { i1: MAX }])).toEqual({
    n: 2,
    s: 'overflow',
    a: MAX,
  })
})

test('a record whose expression overflowed makes overflow of what reads such an expression, not of the rest of its cell', () => {
  const measures = { n: count(), squares: sum(e.i1.times(e.i1)), plain: sum(e.i1) }
  expect(answer(measures, [{ i1: MAX }, { i1: -MAX }])).toEqual({ n: 2, squares: 'overflow', plain: 0 })
  expect(answer({ v: variance(e.i1), n: count() }, [{ i1: 2 ** 40 + 1 }])).toEqual({ v: 'overflow', n: 1 })
})

test('variance is exact where doubles cancel', () => {
  const base = 1_000_000_000_000
  expect(answer({ v: variance(e.i1) }, [{ i1: base }, { i1: base + 1 }, { i1: base + 2 }])).toEqual({ v: 2 / 3 })
})
