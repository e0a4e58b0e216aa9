import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineCollection } from '../../core/index.js'
import { openMemoryCollections } from '../../stores/collections/index.js'
import type { CollectionSearchStore } from '../../stores/search/index.js'
import { archiveFile } from '../import/archive-file.js'
import { importSegments, publishImport } from '../import/publish-import.js'
import { clicks, MARGIN_MS, START_MS, TwoLayers } from '../testing/two-layers.js'
import { rebuildGeneration } from './rebuild-generation.js'

const prices = defineCollection({
  name: 'prices',
  from: clicks,
  fields: ({ product, price }) => {
    if (product === undefined || price === undefined) throw new Error('clicks has both')
    return { product, price }
  },
  id: 'product',
})

let layers: TwoLayers
let folder: string
beforeEach(async () => {
  layers = await TwoLayers.open()
  folder = await mkdtemp(join(tmpdir(), 'tandem-rebuild-'))
})
afterEach(async () => {
  await layers.close()
  await rm(folder, { recursive: true })
})

const row = (product: string, price: number, ref?: string) => ({
  at: new Date(START_MS - 86_400_000).toISOString(),
  ...{ product, price, member: null },
  ...(ref === undefined ? {} : { ref }),
})

async function archive(name: string, rows: readonly object[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, rows.map((each) => `${JSON.stringify(each)}\n`).join(''))
  layers.nowMs += 1
  return (await archiveFile(layers.deps, layers.plan, { path, importedAtMs: layers.nowMs }, {})).sha256
}

async function importRows(name: string, rows: readonly object[]): Promise<void> {
  const choice = { sha256: await archive(name, rows), overlap: null }
  await publishImport(layers.deps, layers.plan, await importSegments(layers.deps, layers.plan, choice, {}))
}

test('a collection rebuilt from the lake has what was imported, and what came through Kafka is later than all of it', async () => {
  await importRows('old.ndjson', [row('tea', 1), row('rice', 1), row('salt', 1, 'r1'), row('salt', 2, 'r1')])
  layers.at(0, 1_000)
  layers.click(0, 'rice', 5)
  await layers.speed()
  layers.at(1, MARGIN_MS)
  await layers.seal(0)
  await importRows('newer.ndjson', [row('tea', 3), row('rice', 3), row('soap', 3)])
  // in the lake, and not in force: an import that was refused
  await archive('refused.ndjson', [row('tea', 9)])

  const collections = openMemoryCollections()
  const collectionSearch = {} as CollectionSearchStore // the collection is not searched
  const deps = { ...layers.deps, collections, collectionSearch }
  const first = await rebuildGeneration(deps, prices, { id: 'r1' })
  const found: Record<string, unknown> = {}
  for await (const { id, value } of collections.documents(prices.name, first.name)) found[id] = value.price
  expect(found).toEqual({ tea: 3, rice: 5, salt: 2, soap: 3 })
  const again = await rebuildGeneration(deps, prices, { id: 'r2' })
  expect(again).toMatchObject({ loaded: 4, checksum: first.checksum })
})
