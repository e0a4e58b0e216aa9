import type { MongoConnection } from '../connections.js'
import { connectMongo } from './mongo-connection.js'
import { compileWarmOptions, type WarmOptions } from './warm-options.js'
import type { Doc } from './write-once.js'

/** Documents of one stream, by collection. The pointer first: from then on nobody answers from the rest. */
const COLLECTIONS = ['pointers', 'snapshots', 'held', 'ledger', 'parity', 'releases'] as const

export type StreamDocuments = Readonly<Record<(typeof COLLECTIONS)[number], number>>

/** How many documents MongoDB holds of a stream. Its segments are not counted: retention removes those that nothing names. */
export function countStream(connection: MongoConnection, stream: string, options?: WarmOptions) {
  return eachCollection(connection, options, (collection) => collection.countDocuments({ stream }))
}

/**
 * Removes everything that MongoDB holds of a stream whose topic begins anew, but its epoch length. Safe to repeat.
 * @returns how many documents there were
 */
export function forgetStream(connection: MongoConnection, stream: string, options?: WarmOptions) {
  return eachCollection(
    connection,
    options,
    async (collection) => (await collection.deleteMany({ stream })).deletedCount,
  )
}

async function eachCollection(
  connection: MongoConnection,
  options: WarmOptions = {},
  work: (collection: ReturnType<Awaited<ReturnType<typeof connectMongo>>['db']['collection']>) => Promise<number>,
): Promise<StreamDocuments> {
  const mongo = await connectMongo(connection, compileWarmOptions(options))
  try {
    const counts: Partial<Record<(typeof COLLECTIONS)[number], number>> = {}
    for (const name of COLLECTIONS) counts[name] = await mongo.run((db) => work(db.collection<Doc>(name) as never))
    return counts as StreamDocuments
  } finally {
    await mongo.close()
  }
}
