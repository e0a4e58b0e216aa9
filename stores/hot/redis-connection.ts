import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { RedisConnection } from '../connections.js'
import { HotUnavailableError } from './hot-unavailable-error.js'
import type { LuaScript } from './lua-script.js'

/** Bounds of waiting for Redis. */
const LIMITS = {
  minDelayMs: 50,
  maxDelayMs: 1_000,
  multiplier: 2,
  commandTimeoutMs: 10_000,
} as const

/** What Redis says when it cannot serve now, but will again. */
const UNAVAILABLE = new Set([
  'OOM',
  'LOADING',
  'READONLY',
  'MISCONF',
  'BUSY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
  'UNBLOCKED',
])

/** What ioredis says where there is no connection, or there was one and it broke. */
const DISCONNECTED =
  /Connection is closed|isn't writeable|Command timed out|max retries per request|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|Socket closed/i

/** Redis as the adapter calls it: replies are unknown until parsed, and failures have a type. */
export interface RedisCalls {
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>
  /** Changes whenever the connection breaks, as it does where Redis is restarted or another node takes over. */
  life(): string
  run(script: LuaScript, keys: readonly string[], args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

/**
 * Connects, waiting at most `openTimeoutMs`. Afterwards a lost connection is made again for ever in the background, with bounded
 * delays, while commands fail at once: nothing queues behind an engine that is down.
 *
 * @throws HotUnavailableError where there is no connection in time
 */
export async function openRedis({ url, tls }: RedisConnection, openTimeoutMs = 10_000): Promise<RedisCalls> {
  const redis = new Redis(url, {
    ...(tls ? { tls } : {}),
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    // a command that was sent may have been applied; whoever sent it decides whether to repeat it
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: LIMITS.commandTimeoutMs,
    retryStrategy: (attempt) =>
      Math.min(LIMITS.minDelayMs * LIMITS.multiplier ** Math.min(attempt - 1, 10), LIMITS.maxDelayMs),
    // after a failover the old address answers as a replica: look the primary up again
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  let lastError: unknown = new Error(`no connection to Redis`)
  redis.on('error', (error) => {
    lastError = error
  })
  let breaks = 0
  redis.on('close', () => {
    breaks++
  })
  const id = randomUUID()
  const fail = (error: unknown): never => {
    throw typedError(error, lastError)
  }
  try {
    await ready(redis, openTimeoutMs, () => lastError)
  } catch (error) {
    redis.disconnect()
    throw error
  }
  return {
    call: (command, ...args) => redis.call(command, [...args]).catch(fail),
    life: () => `${id}/${breaks}`,
    async run(script, keys, args) {
      const rest = [script.keys, ...keys, ...args]
      try {
        return await redis.call('EVALSHA', [script.sha, ...rest])
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) return fail(error)
        return await redis.call('EVAL', [script.source, ...rest]).catch(fail)
      }
    },
    async close() {
      // QUIT waits for replies under way; without a connection there are none
      if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect())
      else redis.disconnect()
    },
  }
}

function ready(redis: Redis, withinMs: number, lastError: () => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new HotUnavailableError('CONNECTION', lastError())), withinMs)
    redis.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
    // a refused first attempt is retried in the background until the time is up
    redis.connect().catch(() => undefined)
  })
}

function typedError(error: unknown, lastError: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = /^-?([A-Z]+)\b/.exec(error.message)?.[1]
  if (code !== undefined && UNAVAILABLE.has(code)) return new HotUnavailableError(code, error)
  if (DISCONNECTED.test(error.message) || error.name === 'AbortError') {
    return new HotUnavailableError('CONNECTION', /isn't writeable|is closed/.test(error.message) ? lastError : error)
  }
  return error
}
