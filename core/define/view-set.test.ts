import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { row } from '../../test/algebra/arbitrary-rows.js'
import { STREAM, view } from '../../test/algebra/arbitrary-views.js'
import { encodeRegisters } from '../cell/encode-registers.js'
import { compileFold } from '../compile/compile-fold.js'
import { compileViewSql } from '../compile/compile-view-sql.js'
import { ledgerView } from '../compile/ledger-view.js'
import { compileDecoder } from '../decode/compile-decoder.js'
import { duckdb } from '../expression/duckdb-dialect.js'
import { count } from '../measure/count.js'
import { sum } from '../measure/sum.js'
import type { Row } from './column.js'
import { decimal, instant, nullWhen } from './column-schemas.js'
import { defineStream } from './define-stream.js'
import { defineView } from './define-view.js'
import type { StreamDefinition } from './stream-definition.js'
import { streamHash } from './stream-hash.js'
import type { ViewDefinition } from './view-definition.js'
import { viewHash } from './view-hash.js'
import { nameOfViewSet, readViewSet, type ViewSet, withSettingsOf, writeViewSet } from './view-set.js'

const EPOCH_MS = 60_000

const setOf = (stream: StreamDefinition, views: readonly ViewDefinition[]): ViewSet => ({
  stream,
  epochMs: EPOCH_MS,
  views: [...views, ledgerView(stream, EPOCH_MS)],
})

function read(set: ViewSet): ViewSet {
  const found = readViewSet(writeViewSet(set))
  if (found === null) throw new Error('the set was not read')
  return found
}

function folded({ stream, views }: ViewSet, rows: readonly Row[]): unknown {
  const fold = compileFold(stream, views, EPOCH_MS)
  for (const one of rows) fold.add(one, 3)
  const registersOf = new Map(views.map(({ name, registers }) => [name, registers]))
  return fold.takeDirty().map((cell) => ({
    ...{ view: cell.view, key: cell.key, resolutionMs: cell.resolutionMs },
    registers: encodeRegisters(registersOf.get(cell.view) ?? [], cell.registers),
  }))
}

test('law: a view set that is read back has the same hashes, and its fold and its SQL are the same', () => {
  const stream = { ...STREAM, plan: { root: { kind: 'any' as const }, leaves: [] }, id: null }
  const drawnFrom = { ...stream, hash: streamHash(stream) }
  fc.assert(
    fc.property(view, fc.array(row, { maxLength: 20 }), (drawn, rows) => {
      const bare = { ...drawn, parts: drawn.parts.map((part) => ({ ...part, stream: drawnFrom })) }
      const set = setOf(drawnFrom, [{ ...bare, hash: viewHash(bare) }])
      const again = read(set)
      expect(again).toEqual(set)
      expect(nameOfViewSet(again)).toBe(nameOfViewSet(set))
      expect(folded(again, rows)).toEqual(folded(set, rows))
      const sql = ({ stream: of, views: [one] }: ViewSet) =>
        compileViewSql({ view: one as ViewDefinition, stream: of, from: 'r', resolutionMs: EPOCH_MS, dialect: duckdb })
      expect(sql(again)).toBe(sql(set))
    }),
    { numRuns: 40 },
  )
})

describe('a stored view set', () => {
  const sales = defineStream({
    name: 'sales',
    schema: z.object({
      at: instant(),
      shop: z.string().regex(/^[a-z]+$/i),
      price: nullWhen(decimal(2), ['none', -1]),
      kind: z.enum(['a', 'b']).optional(),
    }),
    eventTime: 'at',
    id: 'shop',
    rejects: (e) => ({ 'too-cheap': e.price.lt(1) }),
  })
  const returns = defineStream({
    name: 'returns',
    schema: z.object({ at: instant(), shop: z.string() }),
    eventTime: 'at',
  })
  const takings = defineView('takings', {
    parts: [
      { from: sales, by: (e) => ({ shop: e.shop }), measures: (e) => ({ n: count(), taken: sum(e.price) }) },
      { from: returns, by: (e) => ({ shop: e.shop }), measures: () => ({ back: count() }) },
    ],
    windows: ['1m', '5m'],
  })

  test('holds views over several streams, and decodes as the stream did', () => {
    const set = setOf(sales, [takings])
    const again = read(set)
    expect(again.views.map(({ hash }) => hash)).toEqual(set.views.map(({ hash }) => hash))
    const [before, after] = [compileDecoder(sales), compileDecoder(again.stream)]
    for (const value of [
      '{"at":"2026-01-01T00:00:00Z","shop":"q","price":"none"}',
      '{"shop":1}',
      '{"price":0.5}',
      '',
    ]) {
      const bytes = Buffer.from(value)
      expect(after.decode(bytes, 1_767_225_600_000)).toEqual(before.decode(bytes, 1_767_225_600_000))
    }
  })

  test('is not read where its numbers would be made otherwise', () => {
    const text = writeViewSet(setOf(sales, [takings]))
    expect(readViewSet(text.replace('"kind":"count"', '"kind":"guess"'))).toBeNull()
    expect(readViewSet(text.replaceAll('"maxBytes":1000000', '"maxBytes":2000000'))).toBeNull()
    expect(() => readViewSet('{}')).toThrow()
  })

  test('takes the settings of today, which change no row', () => {
    const today = { ...sales, topic: 'elsewhere', allowedLatenessMs: 5 }
    expect(withSettingsOf(read(setOf(sales, [])), today).stream).toMatchObject({
      topic: 'elsewhere',
      allowedLatenessMs: 5,
      hash: sales.hash,
    })
  })
})
