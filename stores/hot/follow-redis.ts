import { type FollowPlace, formatCursor, parseCursor } from './follow-cursor.js'
import type { PartitionKeys } from './hot-keys.js'
import { HOT_LIMITS } from './hot-limits.js'
import type { HotCell, HotChanges, HotCursor, HotState } from './hot-port.js'
import { luaScript } from './lua-script.js'
import type { RedisCalls } from './redis-connection.js'
import { parseCells, parseFeed, parseList, parseState, parseText, parseWhole, type StoredState } from './redis-reply.js'

const STATE = luaScript('state-2')
const FOLLOW = luaScript('follow-3')
const FILL = luaScript('fill-1')

/** Half of what a reply may hold: a scan's last step may pass it. */
const FILL_CELLS = HOT_LIMITS.cells / 2
const FILL_BYTES = HOT_LIMITS.bytes / 2

/**
 * One step of a follower. From nothing, it remembers the place of the feed, scans the cell hashes in chunks (a scan is not
 * atomic) and then reads the feed from that place: registers are absolute, so the last one written wins and the result is
 * exact. Afterwards it reads the feed alone, and starts again where entries that it lacks were trimmed away, where the
 * generation is another one, or where what it holds does not lie on the stored state's history (Redis was restored).
 */
export async function followRedis(redis: RedisCalls, keys: PartitionKeys, cursor: HotCursor | undefined): Promise<HotChanges> {
  let place = cursor ? parseCursor(cursor) : null
  let reset = place === null
  for (;;) {
    if (place === null) {
      const stored = parseState(await redis.run(STATE, [keys.state, keys.index], []))
      if (!stored) return nothing()
      place = placeOf(stored, { groups: stored.groups, scan: '0' })
      reset = true
    }
    const step: Step | null = place.fill
      ? await fill(redis, keys, place, place.fill)
      : await feed(redis, keys, place)
    if (step === null) {
      place = null
      continue
    }
    // a step that brought nothing and ended nothing is not worth a round trip of the caller
    if (step.cells.length > 0 || step.state) {
      return { state: step.state, reset, cells: step.cells, cursor: formatCursor(step.place), complete: step.state !== null }
    }
    place = step.place
  }
}

interface Step {
  /** Set once the follower holds exactly this state. */
  readonly state: HotState | null
  readonly cells: readonly HotCell[]
  readonly place: FollowPlace
}

/** The next chunk of a first fill; null: start again. */
async function fill(
  redis: RedisCalls,
  keys: PartitionKeys,
  place: FollowPlace,
  { groups, scan }: { readonly groups: readonly string[]; readonly scan: string },
): Promise<Step | null> {
  if (groups.length === 0) return { state: null, cells: [], place: { ...place, fill: null } }
  const args = [`${FILL_CELLS}`, `${FILL_BYTES}`, keys.cellsPrefix, scan, ...groups]
  const [generation, done, next, found] = parseList(await redis.run(FILL, [keys.state], args))
  if (generation !== place.generation) return null
  const rest = { groups: groups.slice(parseWhole(done)), scan: parseText(next) }
  return { state: null, cells: parseCells(found), place: { ...place, fill: rest.groups.length > 0 ? rest : null } }
}

/** What was fed since; null: start again. */
async function feed(redis: RedisCalls, keys: PartitionKeys, place: FollowPlace): Promise<Step | null> {
  const upTo = place.fed + HOT_LIMITS.bytes
  const reply = parseList(await redis.run(FOLLOW, [keys.state, keys.index, keys.feed], [`${place.fed}`, `${upTo}`]))
  const stored = parseState(reply)
  if (!stored || stored.state.generation !== place.generation || place.fed < stored.kept) return null
  let { fed, next, floor } = place
  const cells: HotCell[] = []
  for (const entry of parseFeed(reply[11])) {
    if (entry.from !== next || entry.floor < floor) return null
    ;({ place: fed, next, floor } = entry)
    for (const cell of entry.cells) cells.push(cell)
  }
  const complete = fed === stored.fed
  if (complete && (next !== stored.state.next || floor !== stored.state.floor)) return null
  // nothing within reach although more was fed: this follower is ahead of a restored state, or entries are missing
  if (!complete && fed === place.fed) return null
  return { state: complete ? stored.state : null, cells, place: { ...place, fed, next, floor } }
}

function placeOf({ state, fed }: StoredState, fill: FollowPlace['fill']): FollowPlace {
  return { generation: state.generation, fed, next: state.next, floor: state.floor, fill }
}

function nothing(): HotChanges {
  const place: FollowPlace = { generation: '', fed: 0, next: 0, floor: 0, fill: null }
  return { state: null, reset: true, cells: [], cursor: formatCursor(place), complete: true }
}
