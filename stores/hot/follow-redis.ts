import {
  type FillPlace,
  type FollowPlace,
  followFeed,
  formatCursor,
  NOWHERE,
  parseCursor,
  reaching,
} from './follow-cursor.js'
import type { PartitionKeys } from './hot-keys.js'
import { HOT_LIMITS } from './hot-limits.js'
import type { HotCell, HotChanges, HotCursor, HotState } from './hot-port.js'
import { luaScript } from './lua-script.js'
import type { RedisCalls } from './redis-connection.js'
import { parseCells, parseFeed, parseList, parseState, parseText, parseWhole } from './redis-reply.js'

const STATE = luaScript('state-2')
const FOLLOW = luaScript('follow-3')
const FILL = luaScript('fill-1')

/** Half of what a reply may hold: a scan's last step may pass it. */
const FILL_CELLS = HOT_LIMITS.cells / 2
const FILL_BYTES = HOT_LIMITS.bytes / 2

/**
 * One step of a follower. From nothing, it remembers the place of the feed, scans the cell hashes in chunks (a scan is not
 * atomic) and then reads the feed from that place: registers are absolute, so the last one written wins and the result is
 * exact. Afterwards it reads the feed alone.
 */
export async function followRedis(
  redis: RedisCalls,
  keys: PartitionKeys,
  cursor: HotCursor | undefined,
): Promise<HotChanges> {
  let place = cursor ? parseCursor(cursor) : null
  let reset = false
  for (;;) {
    if (place === null) {
      reset = true
      place = await begin(redis, keys)
      if (!place) return { state: null, reset, cells: [], cursor: formatCursor(NOWHERE), complete: true }
    }
    const step: Step | null = place.fill ? await fill(redis, keys, place, place.fill) : await feed(redis, keys, place)
    // a step that brought nothing and ended nothing is not worth a round trip of the caller
    if (step && (step.cells.length > 0 || step.state)) {
      return {
        state: step.state,
        reset,
        cells: step.cells,
        cursor: formatCursor(step.place),
        complete: step.state !== null,
      }
    }
    place = step?.place ?? null
  }
}

interface Step {
  /** Set once the follower holds exactly this state. */
  readonly state: HotState | null
  readonly cells: readonly HotCell[]
  readonly place: FollowPlace
}

async function begin(redis: RedisCalls, keys: PartitionKeys): Promise<FollowPlace | null> {
  const life = redis.life()
  const stored = parseState(await redis.run(STATE, [keys.state, keys.index], []))
  if (!stored) return null
  const { generation, next, floor } = stored.state
  const fill = stored.groups.length > 0 ? { groups: stored.groups, scan: '0', life } : null
  return { generation, fed: stored.fed, next, floor, reach: { next, floor }, fill }
}

/** The next chunk of a first fill; null: start again. */
async function fill(
  redis: RedisCalls,
  keys: PartitionKeys,
  place: FollowPlace,
  { groups, scan, life }: FillPlace,
): Promise<Step | null> {
  const args = [`${FILL_CELLS}`, `${FILL_BYTES}`, keys.cellsPrefix, scan, ...groups]
  const [generation, next, floor, done, cursor, found] = parseList(await redis.run(FILL, [keys.state], args))
  // where Redis was restarted in between, the hashes lie in another order and a scan cannot be continued
  if (generation !== place.generation || redis.life() !== life) return null
  const reached = reaching(place, { next: parseWhole(next), floor: parseWhole(floor) })
  if (!reached) return null
  const rest = { groups: groups.slice(parseWhole(done)), scan: parseText(cursor), life }
  return { state: null, cells: parseCells(found), place: { ...reached, fill: rest.groups.length > 0 ? rest : null } }
}

/** What was fed since; null: start again. */
async function feed(redis: RedisCalls, keys: PartitionKeys, place: FollowPlace): Promise<Step | null> {
  const upTo = place.fed + HOT_LIMITS.bytes
  const reply = parseList(await redis.run(FOLLOW, [keys.state, keys.index, keys.feed], [`${place.fed}`, `${upTo}`]))
  const stored = parseState(reply)
  if (!stored) return null
  const entries = parseFeed(reply[11])
  const followed = followFeed(place, { ...stored.state, fed: stored.fed, kept: stored.kept }, entries)
  if (!followed) return null
  const only = entries.length === 1 ? entries[0] : undefined
  const cells = only ? only.cells : entries.flatMap((entry) => entry.cells)
  return { state: followed.complete ? stored.state : null, cells, place: followed.place }
}
