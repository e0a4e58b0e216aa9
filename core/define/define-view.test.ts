import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { count } from '../measure/count.js'
import { sum } from '../measure/sum.js'
import { decimal, instant } from './column-schemas.js'
import { compileCatalog } from './compile-catalog.js'
import { defineStream } from './define-stream.js'
import { defineView } from './define-view.js'
import { definePipeline } from './pipeline.js'

const sales = defineStream({
  name: 'sales',
  schema: z.object({ at: instant(), shop: z.string(), price: decimal(2), weight: z.number() }),
  eventTime: 'at',
})
const returns = defineStream({
  name: 'returns',
  schema: z.object({ at: instant(), shop: z.string(), price: decimal(3), day: z.int() }),
  eventTime: 'at',
})
const base = {
  from: sales,
  by: (e: { shop: never }) => ({ shop: e.shop }),
  measures: () => ({ n: count() }),
  windows: ['5m', '1m'],
}

describe('a view', () => {
  const view = defineView('takings', {
    from: sales,
    where: (e) => e.price.gt(0),
    by: (e) => ({ shop: e.shop }),
    measures: (e) => ({ n: count(), taken: sum(e.price) }),
    windows: ['5m', '1m'],
    zone: 'Asia/Seoul',
  })

  test('holds dimensions, measures, registers and ascending windows as frozen data', () => {
    expect(view).toMatchObject({
      kind: 'view',
      dimensions: [{ name: 'shop', type: { kind: 'text' } }],
      measures: [
        { name: 'n', spec: { kind: 'count' } },
        { name: 'taken', spec: { kind: 'sum', input: { kind: 'decimal', scale: 2 } } },
      ],
      windows: [60_000, 300_000],
      zone: 'Asia/Seoul',
      ledger: false,
    })
    expect(view.registers.map((register) => register.name)).toEqual(['n.n', 'taken.s', 'overflow'])
    expect(Object.isFrozen(view.parts[0]?.by)).toBe(true)
    expect(structuredClone(view)).toEqual(JSON.parse(JSON.stringify(view)))
  })

  test('has one hash for equal definitions, and another for any other', () => {
    const same = () => defineView('v', base as never).hash
    expect(same()).toBe(same())
    expect(defineView('v', { ...base, windows: ['1m'] } as never).hash).not.toBe(same())
    expect(defineView('w', base as never).hash).not.toBe(same())
    const changed = defineStream({
      name: 'sales',
      schema: z.object({ at: instant(), shop: z.string() }),
      eventTime: 'at',
    })
    expect(defineView('v', { ...base, from: changed } as never).hash).not.toBe(same())
  })

  test.each<[string, object, RegExp]>([
    ['no window', { windows: [] }, /windows must name at least one/],
    ['a window of words', { windows: ['five minutes'] }, /window "five minutes"/],
    ['a window that does not divide a day', { windows: ['7m'] }, /divide a day/],
    [
      'windows that do not divide one another',
      { windows: ['2m', '5m'] },
      /300000 ms is not a multiple of the finest, 120000 ms/,
    ],
    ['an unknown zone', { zone: 'Mars/Olympus' }, /"Mars\/Olympus" is not the name of a time zone/],
    ['no measure', { measures: () => ({}) }, /needs at least one measure/],
    ['a measure that is a number', { measures: () => ({ n: 3 }) }, /measure "n" must be a measure/],
    ['a dimension that is a word', { by: () => ({ shop: 'x' }) }, /dimension "shop" must be an expression/],
    ['a dimension that is real', { by: (e: { weight: never }) => ({ w: e.weight }) }, /dimension "w" is a real/],
    ['a name used twice', { measures: () => ({ shop: count() }) }, /"shop" is both a dimension and a measure/],
    ['a name that is no name', { measures: () => ({ 'n n': count() }) }, /measure "n n"/],
    ['no stream', { from: {} }, /must be a stream made by defineStream/],
  ])('is refused with %s', (_, change, message) => {
    expect(() => defineView('v', { ...base, ...change } as never)).toThrow(message)
    expect(() => defineView('v', { ...base, ...change } as never)).toThrow(/^view "v"/)
  })
})

describe('a view of several parts', () => {
  const part = (from: unknown, by: (e: never) => object, measures: (e: never) => object) => ({ from, by, measures })
  const define = (...parts: object[]) => defineView('v', { parts, windows: ['1m'] } as never)
  const byShop = (e: { shop: never }) => ({ shop: e.shop })
  const n = () => ({ n: count() })

  test('has the measures of all parts in order, each part feeding those it names', () => {
    const view = define(
      part(sales, byShop, n),
      part(returns, byShop, () => ({ back: count(), n: count() })),
    )
    expect(view.measures.map(({ name }) => name)).toEqual(['n', 'back'])
    expect(view.parts.map(({ inputs }) => inputs.map((input) => input !== undefined))).toEqual([
      [true, false],
      [true, true],
    ])
  })

  test('is refused where the parts differ in their dimensions or in a measure', () => {
    const other = part(returns, (e: { shop: never; day: never }) => ({ shop: e.shop, day: e.day }), n)
    expect(() => define(part(sales, byShop, n), other)).toThrow(
      /agree in `by`: shop text; but stream "returns" has shop text, day integer/,
    )
    const money = (e: { price: never }) => ({ money: sum(e.price) })
    expect(() => define(part(sales, byShop, money), part(returns, byShop, money))).toThrow(
      /measure "money" differs between the parts/,
    )
    expect(() => define(part(sales, byShop, n), part(sales, byShop, n))).toThrow(/two parts from stream "sales"/)
  })
})

describe('a catalog', () => {
  const view = defineView('v', {
    from: sales,
    by: (e) => ({ shop: e.shop }),
    measures: () => ({ n: count() }),
    windows: ['1m'],
  })
  const shop = definePipeline({ name: 'shop', streams: [sales, returns], views: [view] })

  test('knows streams, views, and which views a stream feeds, its ledger last', () => {
    const catalog = compileCatalog([shop])
    expect([...catalog.streams.keys()]).toEqual(['sales', 'returns'])
    expect(catalog.viewsOf('sales')).toEqual([view])
    expect(catalog.viewsOf('returns')).toEqual([])
    expect(catalog.streamViews('sales', 60_000).map(({ name }) => name)).toEqual(['v', 'sales.ledger'])
    expect(catalog.pipelineOf('v')).toBe(shop)
    expect(() => catalog.stream('nothing')).toThrow('there is no stream "nothing"; there are sales, returns')
  })

  test('is refused where names or topics clash, or a view reads an unlisted stream', () => {
    const other = definePipeline({
      name: 'other',
      streams: [defineStream({ name: 'sales', schema: z.object({ at: instant() }), eventTime: 'at' })],
    })
    expect(() => compileCatalog([shop, other])).toThrow('pipelines "shop" and "other" both define the stream "sales"')
    const same = definePipeline({
      name: 'same',
      streams: [defineStream({ name: 'more', topic: 'sales', schema: z.object({ at: instant() }), eventTime: 'at' })],
    })
    expect(() => compileCatalog([shop, same])).toThrow('streams "sales" and "more" both use the topic "sales"')
    expect(() => definePipeline({ name: 'x', streams: [returns], views: [view] })).toThrow(
      /view "v" reads stream "sales", which is not in its streams/,
    )
    expect(() => definePipeline({ name: 'x', streams: [sales, sales] })).toThrow(
      /two of the name "sales" among its streams/,
    )
  })
})
