import { defineSource, SourceError } from 'tandem'
import { products } from '../collections.js'
import { cleanProducts, type Offer, productId } from '../products/clean-products.js'
import { readItemPage, readListPage } from '../products/read-shop.js'

/** Pages of the list followed at most: a list whose pages lead in a circle ends. */
const MAX_PAGES = 1_000

/** Bottles without labels: a crawl of a shop's list and of each item, then the cheapest of each name and volume. */
export const productsSource = defineSource({
  name: 'products',
  description: 'products without labels: list and item pages of a shop',
  into: products,
  settings: {
    url: { env: 'TANDEM_SHOP_URL', about: 'first page of the list; without it a local shop answers' },
  },
  limits: { requestsPerSecond: 20, parallelPerHost: 4 },
  async crawl(io) {
    const seen = new Set<string>()
    const items = new Set<string>()
    const { url } = io.settings
    if (url === undefined) throw new SourceError('key', 'there is no shop to crawl: set TANDEM_SHOP_URL')
    for (let at: string | null = url; at !== null && !seen.has(at) && seen.size < MAX_PAGES; ) {
      seen.add(at)
      const page = readListPage(await io.get(at, { kind: 'list' }), at)
      for (const item of page.items) items.add(item)
      at = page.next
    }
    await Promise.all(
      [...items].map(async (item) => {
        try {
          await io.get(item, { kind: 'item' })
        } catch (error) {
          // sold out since the list was made, or not for robots: the report says so
          if (!(error instanceof SourceError) || error.kind !== 'refused') throw error
          io.skip(error)
        }
      }),
    )
  },
  read(page) {
    if (page.kind === 'list') return []
    const offer = readItemPage(page)
    return [{ id: productId(offer) ?? `${offer.mall} ${offer.number}`, value: offer }]
  },
  clean: (items) =>
    cleanProducts(items.map(({ value }) => value as Offer)).map((product) => ({ id: product.id, value: product })),
})
