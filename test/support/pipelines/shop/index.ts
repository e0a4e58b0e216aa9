import {
  count,
  decimal,
  definePipeline,
  defineStream,
  defineView,
  distinct,
  instant,
  max,
  mean,
  min,
  quantile,
  sum,
  variance,
  z,
} from 'tandem'

/** What a user might write outside the repository: nested JSON, its own time field, text, integers, decimals. */
export const orders = defineStream({
  name: 'orders',
  schema: z.object({
    id: z.string(),
    placed: z.object({ at: instant(), channel: z.enum(['web', 'app', 'store']) }),
    customer: z.object({ number: z.int(), city: z.string().nullable() }),
    total: decimal(2),
    items: z.int(),
    note: z.string().optional(),
  }),
  eventTime: 'at',
  key: 'city',
  id: 'id',
  rejects: (e) => ({ 'no-items': e.items.lt(1) }),
})

export const sales = defineView('sales', {
  from: orders,
  where: (e) => e.total.gt(0),
  by: (e) => ({ city: e.city.or('unknown'), channel: e.channel }),
  measures: (e) => ({
    orders: count(),
    revenue: sum(e.total),
    items: sum(e.items),
    smallest: min(e.total),
    largest: max(e.total),
    basket: mean(e.total),
    spread: variance(e.items),
    customers: distinct(e.number),
    totals: quantile(e.total, [0.5, 0.95]),
  }),
  windows: ['1m', '5m'],
})

export const pipeline = definePipeline({ name: 'shop', streams: [orders], views: [sales] })
