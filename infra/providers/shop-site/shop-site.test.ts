import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSource } from '../../../batch-layer/sources/run-source.js'
import { openTestSources, type TestSources } from '../../../batch-layer/sources/testing/open-sources.js'
import { defineSource, type SourceDefinition, type SourcePage } from '../../../core/index.js'
import { readPlaces } from '../../../pipelines/citizen/places/read-places.js'
import type { Product } from '../../../pipelines/citizen/products/clean-products.js'
import { readItemPage, readListPage } from '../../../pipelines/citizen/products/read-shop.js'
import { placesSource } from '../../../pipelines/citizen/sources/places.js'
import { productsSource } from '../../../pipelines/citizen/sources/products.js'
import { type ShopSite, startShopSite } from './shop-site.js'

const HOUR_MS = 3_600_000
const quick = (source: SourceDefinition): SourceDefinition => ({
  ...source,
  limits: { ...source.limits, requestsPerSecond: 5_000 },
})

let nowMs = 0
let shop: ShopSite
let sources: TestSources
beforeEach(async () => {
  nowMs = 0
  shop = await startShopSite({ seed: 27, now: () => nowMs, slowMs: 50 })
  sources = await openTestSources({ TANDEM_SHOP_URL: shop.url, TANDEM_PLACES: shop.placesUrl })
})
afterEach(async () => {
  await sources.close()
  await shop.close()
})

const run = (id: string, source = productsSource) =>
  runSource(sources.deps, quick(source), { id, scheduledMs: Date.UTC(2024, 0, 7) })
const loaded = () => sources.loads.get('products')?.map(({ value }) => value as Product) ?? []

test('a crawl follows the list to its end, gets over a slow page and a 500, and loads clean products', async () => {
  expect(await run('r1')).toMatchObject({ status: 'ok', landed: 40, errors: [] })
  expect(shop.requests[0]).toBe('/robots.txt')
  expect(shop.requests).toContain('/products?page=4')
  expect(shop.requests).not.toContain('/cart')
  expect(shop.requests.filter((path) => path === '/products/20240005')).toHaveLength(2)
  const products = loaded()
  expect(products.length).toBeGreaterThan(15)
  expect(products.find(({ title, volume }) => title === '맑은샘 무라벨 생수' && volume === '2L')).toMatchObject({
    quantity: 12,
    price: 9_900,
    price_unit: 825,
    img_link: new URL('/images/20249005.png', shop.url).href,
  })
  expect(products.some(({ title }) => /유라벨|랜덤|특가|무료배송/u.test(title))).toBe(false)
  for (const { id, price, quantity, price_unit } of products) {
    expect(id).toMatch(/^2024\d{4}0[123]$/)
    expect(price_unit).toBe(Math.round((price * 100) / quantity) / 100)
  }
})

test('the next run is told that pages have not changed, but for the price that did', async () => {
  await run('r1')
  const before = loaded()
  nowMs = HOUR_MS
  expect(await run('r2')).toMatchObject({ status: 'ok' })
  const after = loaded()
  const changed = after.filter(({ id, price }) => before.find((one) => one.id === id)?.price !== price)
  expect(changed.map(({ id }) => id)).toEqual(['2024000701'])
  expect(changed[0]?.price).toBe((before.find(({ id }) => id === '2024000701')?.price ?? 0) + 10)
})

test('what robots.txt keeps for itself is refused', async () => {
  const source = defineSource({
    ...productsSource,
    crawl: (io) => io.get(new URL('/cart', shop.url).href, { kind: 'list' }),
  })
  const report = await run('r1', source)
  expect(report.status).toBe('failed')
  expect(report.errors[0]).toMatchObject({ kind: 'refused' })
})

test('places are read from an address as from a file', async () => {
  expect(await run('r1', placesSource)).toMatchObject({ status: 'ok', landed: 1, read: 60 })
  expect(sources.loads.get('places')?.[0]?.value).toMatchObject({ id: 'demo-1', kind: 'shop', capacity: null })
})

const page = (body: string, url = 'http://shop/x'): SourcePage => ({
  ...{ url, kind: 'item', fetchedAtMs: 0, status: 200, contentType: null, sha256: '', body: Buffer.from(body) },
})

test('a page of another shape is told with what was expected and a piece of it', () => {
  expect(() => readListPage(page('<p>closed</p>'), 'http://shop/')).toThrow('expected a list of products (ul.products)')
  expect(() => readItemPage(page('<article class="product"><h1>생수</h1></article>'))).toThrow(
    'expected a text at .price',
  )
  const noPrice = '<article class="product"><h1>생수</h1><p class="price">문의</p><p class="mall">m</p></article>'
  expect(() => readItemPage(page(noPrice))).toThrow('expected a price in won')
  expect(() => readPlaces(page('a,b\n1,2\n'))).toThrow('expected the columns place_id')
})

test('racks have an id made from their name and place, and empty cells are null', () => {
  const csv =
    'name,address,lat,lon,capacity,installed_year,air_pump,managing_office\n역 앞,"부산, 기장",35.2,129.2,7,2012,있음,군청\n공원,,35.3,129.1,,,없음,\n'
  const [first, second] = readPlaces(page(csv))
  expect(first).toMatchObject({
    value: { name: '역 앞', kind: 'bike-rack', address: '부산, 기장', capacity: 7, lat: 35.2 },
  })
  expect(second).toMatchObject({ value: { address: null, capacity: null } })
  expect(first?.id).toMatch(/^rack-[0-9a-f]{12}$/)
  expect(readPlaces(page(csv))[0]?.id).toBe(first?.id)
})
