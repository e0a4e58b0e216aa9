import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COLUMNS, row } from '../../test/algebra/arbitrary-rows.js'
import { STREAM, view } from '../../test/algebra/arbitrary-views.js'
import { openDuckDb } from '../../test/algebra/open-duckdb.js'
import type { EncodedCell } from '../cell/cell.js'
import { decodeRegisters } from '../cell/decode-registers.js'
import { encodeRegisters } from '../cell/encode-registers.js'
import { mergeEncoded } from '../cell/merge-encoded.js'
import { registersAgree } from '../cell/registers-agree.js'
import type { Row } from '../define/column.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { columnsOf } from '../expression/columns-of.js'
import { count } from '../measure/count.js'
import { registersOfView } from '../measure/registers-of.js'
import { sum } from '../measure/sum.js'
import { cellOfSqlRow } from './cell-of-sql-row.js'
import { compileFold } from './compile-fold.js'
import { compileLedgerSql } from './compile-ledger-sql.js'
import type { Fold, OpenCell } from './fold.js'
import { ledgerView } from './ledger-view.js'

const MINUTE = 60_000
const EPOCH = 3_600_000
const e = columnsOf<{ t1: { kind: 'text' }; i1: { kind: 'integer' } }>(COLUMNS, 'drawn')
const NONE: Row = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]))
const record = (at: number, t1: string | null, i1: number | null = 1): Row => ({ ...NONE, at, t1, i1 })

const measures = { n: count(), s: sum(e.i1) }
const specs = Object.entries(measures).map(([name, { spec }]) => ({ name, spec }))
const WORDS: ViewDefinition = {
  kind: 'view',
  name: 'words',
  parts: [
    {
      stream: STREAM,
      where: null,
      by: [e.t1.node],
      inputs: Object.values(measures).map(({ value, condition }) => ({ value, where: condition })),
    },
  ],
  dimensions: [{ name: 't1', type: { kind: 'text' } }],
  measures: specs,
  registers: registersOfView(specs),
  windows: [MINUTE, 5 * MINUTE],
  zone: 'UTC',
  ledger: false,
  hash: 'words',
}
const LEDGER = ledgerView(STREAM, EPOCH)

const open = (views: readonly ViewDefinition[] = [WORDS, LEDGER]): Fold => compileFold(STREAM, views, EPOCH)
const texts = (definition: ViewDefinition, cells: readonly OpenCell[]) =>
  cells
    .filter((cell) => cell.view === definition.name)
    .map(
      (cell) =>
        `${cell.resolutionMs / MINUTE}m ${cell.epoch} ${cell.key} ${encodeRegisters(definition.registers, cell.registers)}`,
    )
    .sort()

test('a record is counted once in every declared window, per epoch, and in the ledger', () => {
  const fold = open()
  fold.add(record(61_000, 'a', 5), 0)
  fold.add(record(119_999, 'a', null), 0)
  fold.add(record(61_000, null, 7), 1)
  fold.count(1, 'rejected', 'type')
  const cells = fold.takeDirty()
  expect(texts(WORDS, cells)).toEqual([
    '1m 0 [60000,"a"] 2,5,0',
    '1m 1 [60000,null] 1,7,0',
    '5m 0 [0,"a"] 2,5,0',
    '5m 1 [0,null] 1,7,0',
  ])
  expect(texts(LEDGER, cells)).toEqual([
    '60m 0 [0,"accepted",null] 2,0',
    '60m 1 [3600000,"accepted",null] 1,0',
    '60m 1 [3600000,"rejected","type"] 1,0',
  ])
})

test('a cell is dirty once however often it changed, and clean once it was taken', () => {
  const fold = open([WORDS])
  for (let i = 0; i < 3; i++) fold.add(record(i, 'a'), 0)
  expect(fold.dirtyCount).toBe(2)
  expect(fold.takeDirty()).toHaveLength(2)
  expect([fold.dirtyCount, fold.takeDirty()]).toEqual([0, []])
  fold.add(record(MINUTE, 'a'), 0)
  expect(texts(WORDS, fold.takeDirty())).toEqual(['1m 0 [60000,"a"] 1,1,0', '5m 0 [0,"a"] 4,4,0'])
})

test('a sum past 2^53 goes on exactly', () => {
  const fold = open([WORDS])
  for (let i = 0; i < 3; i++) fold.add(record(0, 'a', Number.MAX_SAFE_INTEGER), 0)
  expect(texts(WORDS, fold.takeDirty())[0]).toBe('1m 0 [0,"a"] 3,27021597764222973,0')
})

test('dropping forgets epochs below the floor, dirty cells too, and later records start anew', () => {
  const fold = open()
  fold.add(record(0, 'a'), 0)
  fold.add(record(0, 'a'), 1)
  fold.drop(1)
  expect(fold.size).toBe(3)
  expect(texts(WORDS, fold.takeDirty())).toEqual(['1m 1 [0,"a"] 1,1,0', '5m 1 [0,"a"] 1,1,0'])
  fold.drop(2)
  expect(fold.size).toBe(0)
  fold.add(record(0, 'a'), 2)
  expect(texts(WORDS, fold.takeDirty())).toEqual(['1m 2 [0,"a"] 1,1,0', '5m 2 [0,"a"] 1,1,0'])
})

test('a stored cell that does not fit is refused', () => {
  const fold = open()
  expect(() => fold.load('other', MINUTE, 0, '[0,"a"]', [0, 0, 0])).toThrow('no view "other"')
  expect(() => fold.load('words', MINUTE, 0, '[0]', [0, 0, 0])).toThrow('another shape')
  expect(() => fold.load('words', 120_000, 0, '[0,"a"]', [0, 0, 0])).toThrow('no window of 120000 ms')
})

const rows = fc.array(row, { maxLength: 40 })
/** The last state of every cell of a fold, as text. */
function everything(definition: ViewDefinition, taken: readonly (readonly OpenCell[])[]): Map<string, string> {
  const all = new Map<string, string>()
  for (const cells of taken) {
    for (const cell of cells) {
      all.set(`${cell.resolutionMs} ${cell.epoch} ${cell.key}`, encodeRegisters(definition.registers, cell.registers))
    }
  }
  return all
}

test('law: a fold loaded with stored cells, in any order, goes on as if it had never stopped', () => {
  fc.assert(
    fc.property(view, rows, rows, fc.func(fc.integer()), (definition, before, after, order) => {
      const whole = open([definition])
      const first = open([definition])
      for (const record of before) for (const fold of [whole, first]) fold.add(record, 3)
      const stored = first
        .takeDirty()
        .map((cell) => ({ ...cell, registers: encodeRegisters(definition.registers, cell.registers) }))
      const second = open([definition])
      for (const { view: name, resolutionMs, epoch, key, registers } of [...stored].sort(
        (a, b) => order(a.key) - order(b.key),
      )) {
        second.load(name, resolutionMs, epoch, key, decodeRegisters(definition.registers, registers))
      }
      expect(second.dirtyCount).toBe(0)
      expect(second.size).toBe(whole.size)
      for (const record of after) for (const fold of [whole, second]) fold.add(record, 3)
      const expected = everything(definition, [whole.takeDirty()])
      const actual = everything(definition, [second.takeDirty()])
      for (const [key, registers] of actual) expect(expected.get(key)).toBe(registers)
    }),
  )
})

test('law: where the records are split between two folds does not change the merged cells', () => {
  fc.assert(
    fc.property(view, rows, rows, (definition, before, after) => {
      const cells = (records: readonly Row[]): EncodedCell[] => {
        const fold = open([definition])
        for (const record of records) fold.add(record, 0)
        const finest = fold.takeDirty().filter(({ resolutionMs }) => resolutionMs === definition.windows[0])
        return mergeEncoded(definition, [
          finest.map(({ key, registers }) => ({ key, registers: encodeRegisters(definition.registers, registers) })),
        ])
      }
      const split = mergeEncoded(definition, [cells(before), cells(after)])
      const whole = cells([...before, ...after])
      expect(split.map(({ key }) => key)).toEqual(whole.map(({ key }) => key))
      for (const [i, { registers }] of split.entries()) {
        expect(registersAgree(definition.registers, registers, whole[i]?.registers ?? '')).toBe(true)
      }
    }),
  )
})

test('the ledger counted in SQL is the ledger counted by the fold', async () => {
  const outcomes = [
    ['accepted', 0],
    ['accepted', 0],
    ['type', 0],
    ['accepted', 1],
    ['json', 2],
    ['type', 0],
    ['duplicate', 0],
    ['duplicate', 2],
  ] as const
  const fold = open([LEDGER])
  for (const [outcome, epoch] of outcomes) {
    if (outcome === 'accepted') fold.add(record(5, 'a'), epoch)
    else if (outcome === 'duplicate') fold.count(epoch, outcome, null)
    else fold.count(epoch, 'rejected', outcome)
  }
  const cells = fold
    .takeDirty()
    .map(({ key, registers }) => ({ key, registers: encodeRegisters(LEDGER.registers, registers) }))
  const of = (...wanted: string[]) =>
    outcomes.filter(([outcome]) => wanted.includes(outcome)).map(([o, epoch]) => `(CAST(${epoch} AS BIGINT), '${o}')`)
  const db = await openDuckDb()
  try {
    const accepted = `(VALUES ${of('accepted').join(', ')}) AS a(_epoch, _reason)`
    const rejected = `(VALUES ${of('type', 'json').join(', ')}) AS r(_epoch, _reason)`
    const duplicates = `(VALUES ${of('duplicate').join(', ')}) AS d(_epoch, _reason)`
    const counted = await db.query(compileLedgerSql({ accepted, rejected, duplicates, epochMs: EPOCH }))
    expect(mergeEncoded(LEDGER, [counted.map((values) => cellOfSqlRow(LEDGER, values))])).toEqual(
      mergeEncoded(LEDGER, [cells]),
    )
    expect(
      await db.query(compileLedgerSql({ accepted: null, rejected: null, duplicates: null, epochMs: EPOCH })),
    ).toEqual([])
  } finally {
    db.close()
  }
})
