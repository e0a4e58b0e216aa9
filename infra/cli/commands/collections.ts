import type { Command } from 'commander'
import { rebuildGeneration } from '../../../batch-layer/collections/rebuild-generation.js'
import { type CollectionStore, openCollections } from '../../../stores/collections/index.js'
import { openLake } from '../../../stores/lake/index.js'
import { openLog } from '../../../stores/log/index.js'
import { jsonLogger } from '../../../stores/logger.js'
import { openCollectionSearch } from '../../../stores/search/index.js'
import { systemClock } from '../../../stores/system-clock.js'
import { openWarm } from '../../../stores/warm/index.js'
import { openInstance } from '../../instance/instance.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'
import { progressLine } from '../progress.js'

export function addCollections(program: Command): void {
  const collections = program.command('collections').description('latest documents per id, and their generations')
  collections
    .command('list')
    .description('every generation of every collection, and which is in force')
    .option('--json', 'one line of JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { catalog, connections } = await openInstance(progressLine)
      const store = await openCollections((await connections()).mongo)
      try {
        const rows = (
          await Promise.all([...catalog.collections.keys()].map((name) => generationsOf(store, name)))
        ).flat()
        if (json) return printJson({ generations: rows })
        if (rows.length === 0)
          return console.log('no collection has been filled yet; `tandem refresh` runs the sources')
        printTable(rows, [
          'collection',
          'generation',
          'inForce',
          'status',
          'loaded',
          'rejected',
          'completedAt',
          'checksum',
        ])
      } finally {
        await store.close()
      }
    })
  collections
    .command('rebuild')
    .description(
      'fill a new generation of a fed collection from the lake; the speed layer takes it over once it is level',
    )
    .argument('<collection>')
    .option('--json', 'one line of JSON')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const generation = await rebuild(name)
      if (json) return printJson(generation)
      console.log(`generation ${generation.generation} of "${name}" holds ${generation.loaded} documents from the lake`)
    })
}

async function generationsOf(store: CollectionStore, collection: string) {
  const pointer = await store.pointer(collection)
  return (await store.generations(collection)).map(({ name, status, loaded, rejected, completedAtMs, checksum }) => ({
    collection,
    generation: name,
    inForce: pointer?.generation === name,
    status,
    loaded,
    rejected,
    completedAt: completedAtMs === null ? null : new Date(completedAtMs).toISOString(),
    checksum: checksum?.slice(0, 16) ?? null,
  }))
}

async function rebuild(name: string): Promise<{ readonly generation: string; readonly loaded: number }> {
  const { catalog, connections, home } = await openInstance(progressLine)
  const collection = catalog.collections.get(name)
  if (collection === undefined) {
    const known = [...catalog.collections.keys()].join(', ') || 'none'
    throw new UserError(`There is no collection "${name}"; there are ${known}.`)
  }
  if (collection.feed === null)
    throw new UserError(`Collection "${name}" is loaded by a source: \`tandem refresh\` fills it anew.`)
  const { mongo, search, kafka } = await connections()
  const logger = jsonLogger('collections')
  const releasers: (() => Promise<void>)[] = []
  try {
    const collections = await openCollections(mongo)
    releasers.push(() => collections.close())
    const collectionSearch = await openCollectionSearch(search)
    releasers.push(() => collectionSearch.close())
    const lake = await openLake(home.lake)
    releasers.push(() => lake.close())
    const warm = await openWarm(mongo)
    releasers.push(() => warm.close())
    const log = openLog(kafka, { clientId: 'tandem-collections', logger })
    releasers.push(() => log.close())
    const deps = { collections, collectionSearch, lake, warm, log, clock: systemClock, logger }
    // every call makes a generation of its own: that is what was asked for
    const run = { id: `rebuild:${systemClock.now()}` }
    const { name: generation, loaded } = await rebuildGeneration(deps, collection, run)
    return { generation, loaded }
  } finally {
    for (const release of releasers.reverse()) await release()
  }
}
