import { setTimeout as pause } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import {
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb'
import type { MongoConnection } from '../connections.js'
import { mongoAddress } from './mongo-address.js'
import type { CompiledWarmOptions } from './warm-options.js'
import { WarmUnavailableError } from './warm-unavailable-error.js'

/** The database, and every operation on it with a lost server told apart from other failures. */
export interface MongoDatabase {
  readonly db: Db
  readonly address: string
  /** @throws WarmUnavailableError instead of the driver's own errors about servers and connections */
  run<T>(operation: (db: Db) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function connectMongo(connection: MongoConnection, options: CompiledWarmOptions): Promise<MongoDatabase> {
  const address = mongoAddress(connection.url, connection.database)
  const client = new MongoClient(connection.url, clientOptions(connection, options))
  const unavailable = (failure: unknown): never => {
    throw isUnavailable(failure) ? new WarmUnavailableError(address, failure) : failure
  }
  for (
    let attempt = 1, delayMs = options.minDelayMs;
    ;
    attempt++, delayMs = Math.min(delayMs * 2, options.maxDelayMs)
  ) {
    try {
      await client.connect()
      break
    } catch (failure) {
      if (attempt < options.maxAttempts && isUnavailable(failure)) {
        await pause(delayMs)
        continue
      }
      await client.close()
      unavailable(failure)
    }
  }
  const db = client.db(connection.database)
  return {
    db,
    address,
    run: (operation) => operation(db).catch(unavailable),
    close: () => client.close(),
  }
}

function clientOptions({ tls }: MongoConnection, options: CompiledWarmOptions): MongoClientOptions {
  return {
    serverSelectionTimeoutMS: options.selectionTimeoutMs,
    connectTimeoutMS: options.selectionTimeoutMs,
    socketTimeoutMS: options.socketTimeoutMs,
    // Acknowledged by a majority and read from one: a pointer that a failover could take back is not a truth.
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    maxPoolSize: 10,
    ignoreUndefined: true,
    ...(tls ? { secureContext: createSecureContext(tls) } : {}),
  }
}

/** Not primary, shutting down, interrupted by either: the server answers, but not for long. */
const SERVER_LEAVES = new Set([91, 189, 10107, 11600, 11602, 13435, 13436])

function isUnavailable(failure: unknown): boolean {
  return (
    failure instanceof MongoServerSelectionError ||
    failure instanceof MongoNetworkError ||
    failure instanceof MongoNotConnectedError ||
    failure instanceof MongoTopologyClosedError ||
    (failure instanceof MongoServerError && SERVER_LEAVES.has(Number(failure.code)))
  )
}
