import { MongoClient } from 'mongodb'
import { afterAll } from 'vitest'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import { describeSourceStates } from './source-states-contract.js'
import { openSourceStates } from './source-states-store.js'

const databases: string[] = []

afterAll(async () => {
  const client = await new MongoClient(testConnections().mongo.url).connect()
  for (const database of databases) await client.db(database).dropDatabase()
  await client.close()
})

describeSourceStates('mongodb', async () => {
  const database = uniqueName('sources')
  databases.push(database)
  return openSourceStates({ ...testConnections().mongo, database })
})
