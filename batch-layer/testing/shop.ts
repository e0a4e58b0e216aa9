import { type Catalog, compileCatalog } from '../../core/define/compile-catalog.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  count,
  decimal,
  definePipeline,
  defineStream,
  defineView,
  distinct,
  instant,
  sum,
  z,
} from '../../core/index.js'

/** A small pipeline for tests. */
export interface Shop {
  readonly stream: StreamDefinition
  /** Windows of 1 and 5 minutes, with every kind of register. */
  readonly byProduct: ViewDefinition
  /** Another definition of `byProduct`. */
  readonly redefined: ViewDefinition
  /** A view with a condition; in the catalog only where it is asked for. */
  readonly cheap: ViewDefinition
  catalog(views?: readonly ViewDefinition[]): Catalog
}

/** @param name of the stream and its topic; the views are named after it */
export function shop(name: string): Shop {
  const stream = defineStream({
    name,
    schema: z.object({
      at: instant(),
      product: z.string(),
      price: decimal(2),
      member: z.string().nullable(),
      ref: z.string().optional(),
    }),
    eventTime: 'at',
    id: 'ref',
    rejects: (e) => ({ 'price-negative': e.price.lt(0) }),
  })
  const byProduct = defineView(`${name}-by-product`, {
    from: stream,
    by: (e) => ({ product: e.product }),
    measures: (e) => ({ clicks: count(), paid: sum(e.price), members: distinct(e.member) }),
    windows: ['1m', '5m'],
  })
  const redefined = defineView(byProduct.name, {
    from: stream,
    where: (e) => e.price.gt(2),
    by: (e) => ({ product: e.product }),
    measures: (e) => ({ clicks: count(), paid: sum(e.price) }),
    windows: ['1m'],
  })
  const cheap = defineView(`${name}-cheap`, {
    from: stream,
    where: (e) => e.price.lt(10),
    by: (e) => ({ product: e.product }),
    measures: () => ({ clicks: count() }),
    windows: ['5m'],
  })
  return {
    stream,
    byProduct,
    redefined,
    cheap,
    catalog: (views = [byProduct]) => compileCatalog([definePipeline({ name: 'shop', streams: [stream], views })]),
  }
}

/** One record as sent. @param ref its id; without one it repeats nothing */
export function clickJson(atMs: number, product: string, price: number, ref?: string): string {
  return JSON.stringify({ at: new Date(atMs).toISOString(), product, price, member: `m${product}${price}`, ref })
}
