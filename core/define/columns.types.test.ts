import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { Columns, DecimalExpr, IntegerExpr, RealExpr, TextExpr, TimeExpr } from '../expression/expr.js'
import { count } from '../measure/count.js'
import { distinct } from '../measure/distinct.js'
import { sum } from '../measure/sum.js'
import { decimal, fromText, instant, localTime, nullWhen } from './column-schemas.js'
import type { ColumnsOf } from './column-types.js'
import { defineStream } from './define-stream.js'
import { defineView } from './define-view.js'

const visits = defineStream({
  name: 'visits',
  schema: z.object({
    at: instant(),
    page: z.string(),
    user: z.object({
      id: z.int(),
      age: nullWhen(z.int(), ['none']).optional(),
      plan: z.enum(['free', 'paid']).nullable(),
    }),
    cart: z.object({ id: z.string(), total: decimal(2) }).optional(),
    score: z.number(),
    fare: fromText(decimal(2)).nullable(),
    tags: z.array(z.string()),
    seen: localTime({ zone: 'Asia/Seoul' }),
    bot: z.boolean(),
    kind: z.union([z.literal('a'), z.literal('b')]),
  }),
  eventTime: 'at',
})
type VisitColumns = Columns<NonNullable<(typeof visits)['columnTypes']>>

test('the builder is typed by column, nested objects and marked schemas included', () => {
  expectTypeOf<VisitColumns['page']>().toEqualTypeOf<TextExpr>()
  expectTypeOf<VisitColumns['age']>().toEqualTypeOf<IntegerExpr>()
  expectTypeOf<VisitColumns['plan']>().toEqualTypeOf<TextExpr>()
  expectTypeOf<VisitColumns['total']>().toEqualTypeOf<DecimalExpr>()
  expectTypeOf<VisitColumns['fare']>().toEqualTypeOf<DecimalExpr>()
  expectTypeOf<VisitColumns['score']>().toEqualTypeOf<RealExpr>()
  expectTypeOf<VisitColumns['at']>().toEqualTypeOf<TimeExpr>()
  expectTypeOf<VisitColumns['seen']>().toEqualTypeOf<TimeExpr>()
  expectTypeOf<VisitColumns['kind']>().toEqualTypeOf<TextExpr>()
  // two paths end in `id`, with different types: both are named by their path
  expectTypeOf<VisitColumns['user_id']>().toEqualTypeOf<IntegerExpr>()
  expectTypeOf<VisitColumns['cart_id']>().toEqualTypeOf<TextExpr>()
})

test('members of a union give their columns', () => {
  const schema = z.discriminatedUnion('event', [
    z.object({ event: z.literal('search'), word: z.string() }),
    z.object({ event: z.literal('click'), price: decimal(0) }),
  ])
  type Found = Columns<ColumnsOf<typeof schema>>
  expectTypeOf<Found['word']>().toEqualTypeOf<TextExpr>()
  expectTypeOf<Found['price']>().toEqualTypeOf<DecimalExpr>()
  expectTypeOf<Found['event']>().toEqualTypeOf<TextExpr>()
})

test('what is no column, or a column of another type, does not compile and does not run', () => {
  const by = () => ({})
  const measures = () => ({ n: count() })
  const rest = { from: visits, by, measures, windows: ['1m'] }
  // @ts-expect-error no such column
  expect(() => defineView('v', { ...rest, where: (e) => e.pages.is('x') })).toThrow(/no column "pages"/)
  // @ts-expect-error a list cannot be read
  expect(() => defineView('v', { ...rest, where: (e) => e.tags.is('x') })).toThrow(/array or a map/)
  // @ts-expect-error a number is compared with a number
  expect(() => defineView('v', { ...rest, where: (e) => e.age.gt('3') })).toThrow()
  // @ts-expect-error text has no sum
  expect(() => defineView('v', { ...rest, measures: (e) => ({ s: sum(e.page) }) })).toThrow(/sum/)
  // @ts-expect-error a real does not group
  expect(() => defineView('v', { ...rest, by: (e) => ({ score: e.score }) })).toThrow(/real/)
  // @ts-expect-error a condition is a boolean
  expect(() => defineView('v', { ...rest, where: (e) => e.age })).toThrow(/condition/)
  const schema = z.object({ at: instant(), n: z.int() })
  // @ts-expect-error the event time is a column
  expect(() => defineStream({ name: 's', schema, eventTime: 'when' })).toThrow(/eventTime/)
})

test('parts of a view are each typed by their own stream', () => {
  const orders = defineStream({
    name: 'orders',
    schema: z.object({ when: instant(), buyer: z.int(), page: z.string() }),
    eventTime: 'when',
  })
  const view = defineView('both', {
    parts: [
      { from: visits, by: (e) => ({ page: e.page }), measures: (e) => ({ people: distinct(e.user_id) }) },
      {
        from: orders,
        where: (e) => e.buyer.gt(0),
        by: (e) => ({ page: e.page }),
        measures: (e) => ({ people: distinct(e.buyer), orders: count() }),
      },
    ],
    windows: ['1m'],
  })
  expect(view.measures.map(({ name }) => name)).toEqual(['people', 'orders'])
  expect(view.parts[0]?.inputs[1]).toBeUndefined()
  expect(() =>
    defineView('both', {
      parts: [
        { from: visits, by: (e) => ({ page: e.page }), measures: () => ({ n: count() }) },
        // @ts-expect-error `cart_id` belongs to the other stream
        { from: orders, by: (e) => ({ page: e.cart_id }), measures: () => ({ n: count() }) },
      ],
      windows: ['1m'],
    }),
  ).toThrow(/orders.*cart_id/)
})
