import type { RedisConnection } from '../connections.js'
import { KEYSPACES_KEY } from './hot-keys.js'
import type { Keyspace } from './hot-port.js'
import { openRedis } from './redis-connection.js'
import { parseList, parseText } from './redis-reply.js'

/** Accidents that can befall one keyspace in a Redis that others use too; for tests. */
export interface RedisAccidents {
  /** Loses all of the keyspace's hot state. */
  wipe(): Promise<void>
  /** Remembers all of it under other keys; one image at a time. */
  save(): Promise<void>
  /** Goes back to what was remembered. */
  restore(): Promise<void>
  close(): Promise<void>
}

export async function openRedisAccidents(
  connection: RedisConnection,
  { stream, viewSet }: Keyspace,
): Promise<RedisAccidents> {
  const redis = await openRedis(connection)
  const prefix = `tandem:{${stream}/${viewSet}`
  const saved = 'saved:'
  const keysOf = async (beginning: string): Promise<readonly string[]> => {
    const keys = new Set<string>()
    let cursor = '0'
    do {
      const [next, page] = parseList(await redis.call('SCAN', cursor, 'MATCH', `${beginning}*`, 'COUNT', 1_000))
      for (const key of parseList(page)) keys.add(parseText(key))
      cursor = parseText(next)
    } while (cursor !== '0')
    return [...keys]
  }
  const remove = async (beginning: string): Promise<void> => {
    const keys = await keysOf(beginning)
    if (keys.length > 0) await redis.call('DEL', ...keys)
  }
  const member = JSON.stringify([stream, viewSet])
  const wipe = async (): Promise<void> => {
    await remove(prefix)
    await redis.call('SREM', KEYSPACES_KEY, member)
  }
  return {
    wipe,
    async save() {
      await remove(saved + prefix)
      for (const key of await keysOf(prefix)) await redis.call('COPY', key, saved + key)
    },
    async restore() {
      await wipe()
      for (const key of await keysOf(saved + prefix)) await redis.call('COPY', key, key.slice(saved.length))
      await redis.call('SADD', KEYSPACES_KEY, member)
    },
    async close() {
      await remove(saved + prefix)
      await redis.close()
    },
  }
}
