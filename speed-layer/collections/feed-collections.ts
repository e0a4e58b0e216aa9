import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import { openCollections } from '../../stores/collections/index.js'
import type { Connections } from '../../stores/connections.js'
import { openCollectionSearch } from '../../stores/search/index.js'
import { patiently } from '../patiently.js'
import { CollectionFeeder, type CollectionFeederDeps } from './collection-feeder.js'

export type FeedCollectionsDeps = Omit<CollectionFeederDeps, 'collections' | 'collectionSearch'> & {
  readonly connections: Pick<Connections, 'mongo' | 'search'>
}

/** Feeds collections until the signal, whatever is away meanwhile: the streams' own lanes never wait for it. */
export async function feedCollections(
  definitions: readonly CollectionDefinition[],
  { connections, ...deps }: FeedCollectionsDeps,
): Promise<void> {
  const { logger, signal } = deps
  const waiting = {
    onWait: (reason: string) => logger.warn({ reason }, 'feeding of collections waits'),
    abandoned: () => signal.aborted,
  }
  const collections = await patiently(() => openCollections(connections.mongo), waiting)
  try {
    const collectionSearch = await patiently(() => openCollectionSearch(connections.search), waiting)
    try {
      const feeders = definitions.map((one) => new CollectionFeeder(one, { ...deps, collections, collectionSearch }))
      await Promise.all(feeders.map((feeder) => feeder.run()))
    } finally {
      await collectionSearch.close()
    }
  } finally {
    await collections.close()
  }
}
