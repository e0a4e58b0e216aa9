import { MongoClient } from 'mongodb'
import { afterAll } from 'vitest'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import { describeCollectionStore } from './collection-contract.js'
import { openCollections } from './mongo-collections.js'

const databases: string[] = []

afterAll(async () => {
  const client = await new MongoClient(testConnections().mongo.url).connect()
  for (const database of databases) await client.db(database).dropDatabase()
  await client.close()
})

describeCollectionStore('mongodb', async () => {
  const database = uniqueName('collections')
  databases.push(database)
  return openCollections({ ...testConnections().mongo, database })
})
