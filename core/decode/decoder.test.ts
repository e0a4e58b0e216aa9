import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decimal, fromText, instant, nullWhen } from '../define/column-schemas.js'
import { defineStream } from '../define/define-stream.js'
import { compileDecoder } from './compile-decoder.js'
import type { Decoded } from './decoder.js'
import { REASONS } from './reasons.js'

const NOW = Date.UTC(2024, 5, 1)
const stream = defineStream({
  name: 'orders',
  schema: z.object({
    at: instant(),
    n: z.int().min(0),
    price: decimal(2).optional(),
    cell: fromText(decimal(2)).nullish(),
    weight: z.number().optional(),
    who: z.object({ name: z.string().max(5), age: nullWhen(z.int(), ['none']) }).optional(),
    state: z.enum(['open', 'closed']).optional(),
    tags: z.array(z.string()).optional(),
    pay: z
      .union([z.object({ by: z.literal('card'), number: z.string() }), z.object({ by: z.literal('cash') })])
      .optional(),
  }),
  eventTime: 'at',
  rejects: (e) => ({ 'too-many': e.n.gt(100), 'cheap-and-many': e.n.gt(10).and(e.price.lt(1)) }),
  earliest: '2020-01-01T00:00:00Z',
  maxBytes: 2_100,
})
const decoder = compileDecoder(structuredClone(stream))
const decodeText = (text: string, brokerTimeMs = NOW): Decoded => decoder.decode(Buffer.from(text), brokerTimeMs)
const good = { at: '2024-05-31T10:00:00Z', n: 1 }
const decode = (fields: object, brokerTimeMs = NOW): Decoded =>
  decodeText(JSON.stringify({ ...good, ...fields }), brokerTimeMs)

test('an accepted record has every column in order, absent ones null', () => {
  const decoded = decode({
    price: 1.5,
    who: { name: 'Ann', age: 'none' },
    pay: { by: 'card', number: '1' },
    tags: ['a', 'b'],
  })
  expect(decoded).toEqual({
    ok: true,
    row: {
      at: Date.UTC(2024, 4, 31, 10),
      n: 1,
      price: 150,
      cell: null,
      weight: null,
      name: 'Ann',
      age: null,
      state: null,
      tags: '["a","b"]',
      by: 'card',
      number: '1',
    },
  })
  expect(decoded.ok && Object.keys(decoded.row)).toEqual(stream.columns.map((column) => column.name))
})

describe('a record is refused, naming field, value and expectation', () => {
  test.each<[string, object, object]>([
    ['type', { n: 'x' }, { field: 'n', value: '"x"', expected: 'a whole number ≥ 0' }],
    ['type', { n: 1.5 }, { field: 'n', value: '1.5' }],
    ['type', { who: [] }, { field: 'who', value: '[]', expected: 'an object' }],
    ['type', { tags: ['a', 3] }, { field: 'tags.1', value: '3', expected: 'text' }],
    ['type', { cell: '1,5' }, { field: 'cell', value: '"1,5"' }],
    ['missing', { n: null }, { field: 'n', value: 'null' }],
    ['missing', { n: undefined }, { field: 'n', value: null }],
    ['missing', { who: { name: 'Ann' } }, { field: 'who.age', expected: 'a whole number' }],
    ['missing', { price: null }, { field: 'price', value: 'null' }],
    ['value', { state: 'lost' }, { field: 'state', value: '"lost"', expected: 'one of "open", "closed"' }],
    ['value', { who: { name: 'Annabel', age: 3 } }, { field: 'who.name', expected: 'text of at most 5 characters' }],
    ['value', { pay: { by: 'cheque' } }, { field: 'pay.by', value: '"cheque"', expected: 'one of "card", "cash"' }],
    ['missing', { pay: { by: 'card' } }, { field: 'pay.number' }],
    ['range', { n: -1 }, { field: 'n', value: '-1' }],
    ['range', { n: 2 ** 53 }, { field: 'n', value: '9007199254740992' }],
    ['range', { price: 1e14 }, { field: 'price' }],
    ['range', { cell: '90071992547409.92' }, { field: 'cell' }],
    [
      'decimals',
      { price: 0.1 + 0.2 },
      { field: 'price', value: '0.30000000000000004', expected: 'a number with at most 2 decimals' },
    ],
    ['decimals', { cell: '1.005' }, { field: 'cell' }],
    [
      'time',
      { at: '2024-02-30T10:00:00Z' },
      { field: 'at', value: '"2024-02-30T10:00:00Z"', expected: 'a time as iso' },
    ],
    ['event-time-in-future', { at: '2099-01-01T00:00:00Z' }, { field: 'at' }],
    [
      'event-time-too-old',
      { at: '2019-12-31T23:59:59Z' },
      { field: 'at', expected: 'not before 2020-01-01T00:00:00.000Z' },
    ],
    ['too-many', { n: 101, price: 0.5 }, { field: 'n', value: '{"n":101}' }],
    ['cheap-and-many', { n: 11, price: 0.99 }, { field: 'n, price', value: '{"n":11,"price":0.99}' }],
  ])('%s: %o', (reason, fields, named) => {
    expect(decode(fields)).toMatchObject({ ok: false, reason, ...named })
  })

  test.each<[string, string]>([
    ['json', '{"at":'],
    ['json', '{"n": NaN}'],
    ['json', '{"n": Infinity}'],
    ['json', '\ufeff{}'],
    ['type', '[]'],
    ['type', 'null'],
    ['type', '"text"'],
    ['range', '{"at":"2024-05-31T10:00:00Z","n":1,"weight":1e999}'],
    ['range', '{"at":"2024-05-31T10:00:00Z","n":1,"price":-1e999}'],
    ['nesting', `[["]\\"["],${'['.repeat(1_000)}${']'.repeat(1_000)}]`],
    ['too-large', `{"x":"${'y'.repeat(2_100)}"}`],
    ['empty', ''],
  ])('%s: %.40s', (reason, text) => {
    expect(decodeText(text)).toMatchObject({ ok: false, reason })
  })

  test('empty, where there is no value at all', () => {
    expect(decoder.decode(null, NOW)).toMatchObject({ ok: false, reason: 'empty' })
  })

  test('the shown value is cut, and stays well-formed', () => {
    const decoded = decode({ n: '👍'.repeat(200) })
    expect(decoded.ok).toBe(false)
    if (!decoded.ok) expect(decoded.value?.length).toBe(200)
    if (!decoded.ok) expect(decoded.value).not.toMatch(/\p{Surrogate}/u)
  })

  test('every word of the closed list is kebab-case and none occurs twice', () => {
    const words = Object.values(REASONS)
    expect(new Set(words).size).toBe(words.length)
    for (const word of words) expect(word).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })
})

describe('edges of what is accepted', () => {
  const row = (decoded: Decoded) => (decoded.ok ? decoded.row : decoded)

  test('−0 becomes 0 in every number', () => {
    const decoded = row(decodeText('{"at":"2024-05-31T10:00:00Z","n":-0,"price":-0.0,"cell":"-0","weight":-0}'))
    for (const name of ['n', 'price', 'cell', 'weight'] as const) {
      expect(Object.is((decoded as Record<string, unknown>)[name], 0), name).toBe(true)
    }
  })

  test('an event time up to 24 h after the broker time, and none later', () => {
    const brokerTimeMs = Date.UTC(2024, 4, 30, 10)
    expect(decode({}, brokerTimeMs).ok).toBe(true)
    expect(decode({}, brokerTimeMs - 1).ok).toBe(false)
  })

  test('lone surrogates and broken bytes become U+FFFD', () => {
    expect(row(decodeText('{"at":"2024-05-31T10:00:00Z","n":1,"who":{"name":"a\\ud800b","age":1}}'))).toMatchObject({
      name: 'a\ufffdb',
    })
    expect(
      row(decodeText('{"at":"2024-05-31T10:00:00Z","n":1,"who":{"name":"\\ud83d\\udc4d","age":1}}')),
    ).toMatchObject({ name: '👍' })
    const bytes = Buffer.from('{"at":"2024-05-31T10:00:00Z","n":1,"who":{"name":"_","age":1}}')
    bytes[bytes.indexOf('_')] = 0xff
    expect(row(decoder.decode(bytes, NOW))).toMatchObject({ name: '\ufffd' })
  })

  test('text is read by digits, never through a double', () => {
    expect(row(decode({ cell: '90071992547409.91' }))).toMatchObject({ cell: 9007199254740991 })
    expect(row(decode({ cell: '-12.50' }))).toMatchObject({ cell: -1250 })
    expect(row(decode({ cell: '007' }))).toMatchObject({ cell: 700 })
  })

  test('a plain Uint8Array is read like a Buffer', () => {
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(good)))
    expect(decoder.decode(bytes, NOW).ok).toBe(true)
  })
})

describe('undeclared fields', () => {
  const extras = (text: string) => {
    const bytes = Buffer.from(text)
    expect(decoder.decode(bytes, NOW).ok).toBe(true)
    return decoder.extras(bytes)
  }
  test('are kept as JSON, nested as they were', () => {
    const text =
      '{"at":"2024-05-31T10:00:00Z","n":1,"x":null,"who":{"name":"a","age":1,"y":[1]},"pay":{"by":"cash","number":"2"},"__proto__":3}'
    expect(extras(text)).toBe('{"x":null,"who":{"y":[1]},"pay":{"number":"2"},"__proto__":3}')
  })
  test('are null where there are none, and do not depend on which record was decoded last', () => {
    const [a, b] = [Buffer.from(JSON.stringify(good)), Buffer.from(JSON.stringify({ ...good, x: 1 }))]
    decoder.decode(a, NOW)
    expect(decoder.extras(b)).toBe('{"x":1}')
    expect(decoder.extras(a)).toBeNull()
  })
})
