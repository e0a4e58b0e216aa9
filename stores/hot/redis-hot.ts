import { randomUUID } from 'node:crypto'
import { markedGeneration } from '../../core/seam/releases.js'
import type { RedisConnection } from '../connections.js'
import { checkDelta } from './check-delta.js'
import { groupCells } from './delta-text.js'
import { followRedis } from './follow-redis.js'
import { HEALTH_KEY, KEYSPACES_KEY, partitionKeys, partitionsKey } from './hot-keys.js'
import { checkSize, costOf, HOT_LIMITS } from './hot-limits.js'
import type {
  ApplyResult,
  Delta,
  HotChanges,
  HotCursor,
  HotIds,
  HotStart,
  HotState,
  HotStore,
  Keyspace,
  LayerHealth,
} from './hot-port.js'
import { idTexts } from './id-texts.js'
import { loadByFollowing } from './load-by-following.js'
import { luaScript } from './lua-script.js'
import { openRedis, type RedisCalls } from './redis-connection.js'
import { formatLast, parseHealth, parseKeyspace, parseList, parseState, parseText, parseWhole } from './redis-reply.js'
import { sameState } from './same-state.js'

const OPEN = luaScript('open-4')
const STATE = luaScript('state-2')
const APPLY = luaScript('apply-4')
const DROP = luaScript('drop-3')
const FORGET = luaScript('forget-4')
const REPORT = luaScript('report-2')

export interface RedisHotOptions {
  /** Makes a generation: unique and unguessable. @default random UUIDs */
  readonly newGeneration?: () => string
  /** What a partition's feed keeps for followers, about this many bytes. @default HOT_LIMITS.feedCost */
  readonly feedCost?: number
  /** How long to wait for a connection, ms. @default 10_000 */
  readonly openTimeoutMs?: number
}

/** Opens the hot store on Redis 7. @throws HotUnavailableError where it cannot be reached in time */
export async function openHot(connection: RedisConnection, options: RedisHotOptions = {}): Promise<HotStore> {
  return new RedisHot(
    await openRedis(connection, options.openTimeoutMs),
    options.newGeneration ?? randomUUID,
    options.feedCost ?? HOT_LIMITS.feedCost,
  )
}

class RedisHot implements HotStore {
  constructor(
    private readonly redis: RedisCalls,
    private readonly newGeneration: () => string,
    private readonly feedCost: number,
  ) {}

  async open(keyspace: Keyspace, partition: number, start: HotStart): Promise<HotState> {
    const keys = partitionKeys(keyspace, partition)
    const args = [
      markedGeneration(start.mark ?? '', this.newGeneration()),
      `${start.offset}`,
      `${start.epoch}`,
      keys.cellsPrefix,
      `${this.feedCost}`,
      keys.idsPrefix,
    ]
    // Registered before and after: whatever moment Redis loses everything, no state is left that the registry lacks.
    await this.#register(keyspace, partition)
    await this.redis.run(OPEN, [keys.state, keys.index, keys.feed, keys.ids], args)
    await this.#register(keyspace, partition)
    const state = await this.state(keyspace, partition)
    return state ?? this.open(keyspace, partition, start)
  }

  async #register(keyspace: Keyspace, partition: number): Promise<void> {
    await this.redis.call('SADD', KEYSPACES_KEY, JSON.stringify([keyspace.stream, keyspace.viewSet]))
    await this.redis.call('SADD', partitionsKey(keyspace), partition)
  }

  async state(keyspace: Keyspace, partition: number): Promise<HotState | null> {
    const keys = partitionKeys(keyspace, partition)
    return parseState(await this.redis.run(STATE, [keys.state, keys.index], []))?.state ?? null
  }

  load(keyspace: Keyspace, partition: number) {
    return loadByFollowing((cursor) => this.follow(keyspace, partition, cursor))
  }

  async ids(keyspace: Keyspace, partition: number, state: HotState): Promise<readonly HotIds[] | null> {
    const { idsPrefix } = partitionKeys(keyspace, partition)
    const found: HotIds[] = []
    for (const epoch of [state.epoch - 1, state.epoch]) {
      const ids: string[] = []
      let cursor = '0'
      do {
        const [next, page] = parseList(await this.redis.call('SSCAN', `${idsPrefix}${epoch}`, cursor, 'COUNT', 5_000))
        for (const id of parseList(page)) ids.push(parseText(id))
        cursor = parseText(next)
      } while (cursor !== '0')
      found.push({ epoch, ids })
    }
    // Every call that writes stores a nonce of its own: where it is still the same, nothing was written in between.
    const now = await this.state(keyspace, partition)
    return now !== null && sameState(now, state) ? found : null
  }

  async apply(keyspace: Keyspace, partition: number, delta: Delta): Promise<ApplyResult> {
    const where = `hot state of stream "${keyspace.stream}", partition ${partition}`
    checkDelta(where, delta)
    const groups = groupCells(where, delta.cells)
    const bytes = groups.reduce((sum, group) => sum + Buffer.byteLength(group.text), 0)
    const ids = idTexts(delta)
    checkSize(where, delta.cells, ids.count, bytes + ids.bytes)
    const keys = partitionKeys(keyspace, partition)
    const args = [
      delta.generation,
      `${delta.from}`,
      `${delta.to}`,
      `${delta.epoch}`,
      `${delta.floor}`,
      delta.nonce,
      delta.maxEventTimeMs === null ? '' : `${delta.maxEventTimeMs}`,
      formatLast(delta.last),
      `${costOf(delta.cells.length, bytes)}`,
      keys.cellsPrefix,
      keys.idsPrefix,
      `${ids.texts.length / 3}`,
      ...ids.texts,
      ...groups.flatMap((group) => [`${group.epoch}`, group.name, `${group.cells}`, group.text]),
    ]
    const [code, floor] = parseList(await this.redis.run(APPLY, [keys.state, keys.index, keys.feed, keys.ids], args))
    if (code === 1) return { kind: 'applied', floor: parseWhole(floor) }
    if (code === 2) return { kind: 'already-applied', floor: parseWhole(floor) }
    return { kind: 'refused', stored: await this.state(keyspace, partition) }
  }

  async drop(keyspace: Keyspace, partition: number, floor: number): Promise<void> {
    if (!Number.isSafeInteger(floor))
      throw new RangeError(`stream "${keyspace.stream}": floor ${floor} is not a whole number`)
    const keys = partitionKeys(keyspace, partition)
    await this.redis.run(DROP, [keys.state, keys.index, keys.feed], [`${floor}`, keys.cellsPrefix, `${costOf(0, 0)}`])
  }

  async forget(keyspace: Keyspace, partition: number, generation: string): Promise<void> {
    const keys = partitionKeys(keyspace, partition)
    const args = [generation, keys.cellsPrefix, keys.idsPrefix]
    await this.redis.run(FORGET, [keys.state, keys.index, keys.feed, keys.ids], args)
  }

  async dropKeyspace(keyspace: Keyspace): Promise<void> {
    const partitions = await this.partitions(keyspace)
    for (const partition of partitions) {
      const state = await this.state(keyspace, partition)
      if (state !== null) await this.forget(keyspace, partition, state.generation)
    }
    await this.redis.call('SREM', KEYSPACES_KEY, JSON.stringify([keyspace.stream, keyspace.viewSet]))
    await this.redis.call('DEL', partitionsKey(keyspace))
    // what was opened meanwhile stays known; what is opened from now on registers itself afterwards
    for (const partition of partitions)
      if ((await this.state(keyspace, partition)) !== null) await this.#register(keyspace, partition)
  }

  async partitions(keyspace: Keyspace): Promise<readonly number[]> {
    const members = parseList(await this.redis.call('SMEMBERS', partitionsKey(keyspace)))
    return members.map(parseWhole).sort((a, b) => a - b)
  }

  async keyspaces(): Promise<readonly Keyspace[]> {
    return parseList(await this.redis.call('SMEMBERS', KEYSPACES_KEY)).map((member) => parseKeyspace(parseText(member)))
  }

  follow(keyspace: Keyspace, partition: number, cursor: HotCursor | undefined): Promise<HotChanges> {
    return followRedis(this.redis, partitionKeys(keyspace, partition), cursor)
  }

  async reportHealth(report: LayerHealth, ttlMs: number): Promise<void> {
    const name = `${report.layer}:${report.instance}`
    await this.redis.run(
      REPORT,
      [HEALTH_KEY, `${HEALTH_KEY}:${name}`],
      [name, JSON.stringify(report), `${Math.ceil(ttlMs)}`],
    )
  }

  async health(): Promise<readonly LayerHealth[]> {
    const names = parseList(await this.redis.call('SMEMBERS', HEALTH_KEY))
      .map(parseText)
      .sort()
    if (names.length === 0) return []
    const texts = parseList(await this.redis.call('MGET', ...names.map((name) => `${HEALTH_KEY}:${name}`)))
    const gone = names.filter((_, i) => texts[i] === null)
    // one that reports again meanwhile is added again by its next report
    if (gone.length > 0) await this.redis.call('SREM', HEALTH_KEY, ...gone)
    return texts.filter((text) => text !== null).map((text) => parseHealth(parseText(text)))
  }

  async ping(): Promise<void> {
    await this.redis.call('PING')
  }

  close(): Promise<void> {
    return this.redis.close()
  }
}
