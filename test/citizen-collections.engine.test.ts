import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadGeneration } from '../batch-layer/collections/load-generation.js'
import { runSource } from '../batch-layer/sources/run-source.js'
import { openTestSources, type TestSources } from '../batch-layer/sources/testing/open-sources.js'
import type { CollectionDefinition } from '../core/define/collection-definition.js'
import type { SourceDefinition } from '../core/index.js'
import { type ShopSite, startShopSite } from '../infra/providers/shop-site/shop-site.js'
import { places, products } from '../pipelines/citizen/collections.js'
import { placesSource } from '../pipelines/citizen/sources/places.js'
import { productsSource } from '../pipelines/citizen/sources/products.js'
import { type CollectionStore, distanceKm, openCollections, type StoredDocument } from '../stores/collections/index.js'
import { type CollectionSearchStore, openCollectionSearch } from '../stores/search/index.js'
import { systemClock } from '../stores/system-clock.js'
import { testConnections, uniqueName } from './support/engines.js'
import { silent } from './support/lane-bench.js'
import { sharedData } from './support/shared-data.js'

const folder = sharedData()
const database = uniqueName('citizen')
/** The index's name has the generation in it, which comes from the run: so no other test meets this one's. */
const RUN = uniqueName('refresh')
let collections: CollectionStore
let collectionSearch: CollectionSearchStore
let shop: ShopSite
let sources: TestSources

beforeAll(async () => {
  const connections = testConnections()
  collections = await openCollections({ ...connections.mongo, database })
  collectionSearch = await openCollectionSearch(connections.search)
  shop = await startShopSite({ seed: 27, now: () => 0, slowMs: 20 })
  const files = ['places_shops.csv', 'places_bike_racks.csv'].map((file) => `${folder}citizen/${file}`).join(':')
  sources = await openTestSources({
    TANDEM_SHOP_URL: shop.url,
    TANDEM_PLACES: folder === null ? shop.placesUrl : files,
  })
})
afterAll(async () => {
  for (const { name } of [places, products])
    for (const { name: generation } of await collections.generations(name))
      await collectionSearch.drop(name, generation)
  const client = await new MongoClient(testConnections().mongo.url).connect()
  await client.db(database).dropDatabase()
  await Promise.all([client.close(), collections.close(), collectionSearch.close(), shop.close(), sources.close()])
})

async function refresh(source: SourceDefinition, id: string) {
  const loads: Awaited<ReturnType<typeof loadGeneration>>[] = []
  const deps = { collections, collectionSearch, clock: systemClock, logger: silent }
  const report = await runSource(
    {
      ...sources.deps,
      loadCollection: async (collection, documents, run) => {
        const loaded = await loadGeneration(deps, collection, documents, { ...run, progress: undefined })
        loads.push(loaded)
        return loaded
      },
    },
    { ...source, limits: { ...source.limits, requestsPerSecond: 5_000 } },
    { id: `${RUN}-${id}`, scheduledMs: Date.UTC(2024, 0, 7) },
  )
  return { report, load: loads[0] }
}

const search = (collection: CollectionDefinition, generation: string, q: string) =>
  collectionSearch.search(collection, generation, {
    ...{ q, filters: [], limit: 100, offset: 0, highlight: true, facets: collection.search?.facets ?? [] },
  })

test('a crawl of the shop becomes products that are found by what they are called, and by what that means', async () => {
  const { report, load } = await refresh(productsSource, 'a')
  expect(report).toMatchObject({ status: 'ok', errors: [], rejected: 0 })
  const generation = load?.generation ?? ''
  const water = await search(products, generation, '물')
  expect(water.total).toBeGreaterThan(0)
  expect(water.hits.every(({ value }) => String(value.title).includes('생수'))).toBe(true)
  const sparkling = await search(products, generation, '스파클링')
  expect(sparkling.hits.map(({ value }) => value.title).join()).toContain('탄산수')
  expect((await search(products, generation, '무라벨 2L 생수')).hits[0]?.highlight?.title?.[0]).toContain('<em>')
  expect(Object.values(water.facets.mall ?? {}).reduce((sum, { count }) => sum + count, 0)).toBe(water.total)
  expect((await collectionSearch.suggest(products, generation, '맑은', 50)).length).toBeGreaterThan(0)

  const again = await refresh(productsSource, 'b')
  expect(again.load?.checksum).toBe(load?.checksum)
  expect(again.load?.generation).not.toBe(generation)
  expect(await collections.pointer('products')).toMatchObject({
    generation: again.load?.generation,
    previous: generation,
  })
})

test('places are loaded, and the nearest are those of a comparison with all', async () => {
  const { report, load } = await refresh(placesSource, 'a')
  expect(report).toMatchObject({ status: 'ok', errors: [], rejected: 0 })
  // 546 of 574 shops are distinct, and 71 racks
  expect(load?.loaded).toBe(folder === null ? 60 : 617)
  const generation = load?.generation ?? ''
  const every: StoredDocument[] = []
  for await (const one of collections.documents('places', generation)) every.push(one)
  for (const [lat, lon, km] of [
    [37.483568, 126.912584, 10],
    [35.2, 129.1, 30],
    [33.4, 126.5, 100],
  ] as const) {
    const expected = every
      .map(({ id, value }) => ({
        id,
        km: distanceKm({ lat, lon }, { lat: Number(value.lat), lon: Number(value.lon) }),
      }))
      .filter((one) => one.km <= km)
      .sort((a, b) => a.km - b.km || (a.id < b.id ? -1 : 1))
      .slice(0, 25)
    const found = await collections.near(places, generation, { lat, lon, km, filters: [], limit: 25 })
    expect(found.map(({ id, km: away }) => ({ id, km: away }))).toEqual(expected)
  }
})
