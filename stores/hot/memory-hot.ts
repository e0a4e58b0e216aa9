import { fence } from '../../core/seam/fence.js'
import { markedGeneration } from '../../core/seam/releases.js'
import { checkDelta } from './check-delta.js'
import { groupCells } from './delta-text.js'
import {
  type FeedStep,
  type FillPlace,
  type FollowPlace,
  followFeed,
  formatCursor,
  NOWHERE,
  parseCursor,
  reaching,
} from './follow-cursor.js'
import { groupName, parseGroup } from './hot-keys.js'
import { checkSize, costOf, HOT_LIMITS } from './hot-limits.js'
import type {
  ApplyResult,
  Delta,
  HotCell,
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
import { sameState } from './same-state.js'

export interface MemoryHotOptions {
  /** Current time, UTC ms; only health reports expire by it. */
  readonly now: () => number
  /** Makes a generation, different at each call. */
  readonly newGeneration: () => string
  /** What a partition's feed keeps for followers, in about bytes. @default HOT_LIMITS.feedCost */
  readonly feedCost?: number
  /** Cells in one chunk of a first fill. @default half of HOT_LIMITS.cells */
  readonly fillCells?: number
}

interface Entry extends FeedStep {
  readonly cells: readonly HotCell[]
}

interface Partition {
  state: Omit<HotState, 'epochs'>
  fed: number
  /** Name of a group → cell key → registers; insertion order is the order of a scan. */
  readonly groups: Map<string, Map<string, string>>
  /** Epoch → ids. */
  readonly ids: Map<number, Set<string>>
  feed: readonly Entry[]
}

/** Everything a store held at one moment; opaque. */
export interface MemoryHotImage {
  readonly partitions: ReadonlyMap<string, Partition>
  readonly registry: ReadonlyMap<string, { readonly keyspace: Keyspace; readonly partitions: ReadonlySet<number> }>
}

/** Hot state in memory, with the engine's accidents as methods: for tests and simulations. */
export class MemoryHot implements HotStore {
  #partitions = new Map<string, Partition>()
  #registry = new Map<string, { keyspace: Keyspace; partitions: Set<number> }>()
  readonly #health = new Map<string, { report: LayerHealth; untilMs: number }>()
  #lives = 0
  readonly #options: Required<MemoryHotOptions>

  constructor(options: MemoryHotOptions) {
    this.#options = { feedCost: HOT_LIMITS.feedCost, fillCells: HOT_LIMITS.cells / 2, ...options }
  }

  /** Loses everything, as FLUSHALL or a restart without a file. */
  wipe(): void {
    this.#lives++
    this.#partitions.clear()
    this.#registry.clear()
    this.#health.clear()
  }

  /** What the engine's file holds now. */
  save(): MemoryHotImage {
    return { partitions: copyPartitions(this.#partitions), registry: copyRegistry(this.#registry) }
  }

  /** Goes back to what a file held, as a restart with an older one. */
  restore(image: MemoryHotImage): void {
    this.#lives++
    this.#partitions = copyPartitions(image.partitions)
    this.#registry = copyRegistry(image.registry)
  }

  async open(keyspace: Keyspace, partition: number, start: HotStart): Promise<HotState> {
    const name = JSON.stringify([keyspace.stream, keyspace.viewSet])
    const known = this.#registry.get(name) ?? { keyspace, partitions: new Set() }
    this.#registry.set(name, known)
    known.partitions.add(partition)
    const id = idOf(keyspace, partition)
    let at = this.#partitions.get(id)
    if (!at) {
      at = {
        state: {
          generation: markedGeneration(start.mark ?? '', this.#options.newGeneration()),
          next: start.offset,
          epoch: start.epoch,
          nonce: '',
          floor: start.epoch,
          since: start.offset,
          maxEventTimeMs: null,
          last: null,
        },
        fed: this.#options.feedCost,
        groups: new Map(),
        ids: new Map(),
        feed: [],
      }
      this.#partitions.set(id, at)
    }
    return stateOf(at)
  }

  async state(keyspace: Keyspace, partition: number): Promise<HotState | null> {
    const at = this.#partitions.get(idOf(keyspace, partition))
    return at ? stateOf(at) : null
  }

  load(keyspace: Keyspace, partition: number) {
    return loadByFollowing((cursor) => this.follow(keyspace, partition, cursor))
  }

  async ids(keyspace: Keyspace, partition: number, state: HotState): Promise<readonly HotIds[] | null> {
    const at = this.#partitions.get(idOf(keyspace, partition))
    if (!at || !sameState(stateOf(at), state)) return null
    return [state.epoch - 1, state.epoch].map((epoch) => ({ epoch, ids: [...(at.ids.get(epoch) ?? [])] }))
  }

  async apply(keyspace: Keyspace, partition: number, delta: Delta): Promise<ApplyResult> {
    const where = `hot state of stream "${keyspace.stream}", partition ${partition}`
    checkDelta(where, delta)
    const bytes = groupCells(where, delta.cells).reduce((sum, group) => sum + Buffer.byteLength(group.text), 0)
    const ids = idTexts(delta)
    checkSize(where, delta.cells, ids.count, bytes + ids.bytes)
    const at = this.#partitions.get(idOf(keyspace, partition))
    const verdict = fence(at?.state ?? null, delta)
    if (!at || verdict === 'refuse') return refused(at)
    const { floor } = at.state
    if (verdict === 'already-applied') return { kind: verdict, floor }
    const cells = delta.cells.filter((cell) => cell.epoch >= floor)
    for (const cell of cells) {
      const name = groupName(cell.epoch, cell.resolutionMs, cell.view)
      const group = at.groups.get(name)
      if (group) group.set(cell.key, cell.registers)
      else at.groups.set(name, new Map([[cell.key, cell.registers]]))
    }
    const { to: next, epoch, nonce, maxEventTimeMs, last } = delta
    if (ids.count > 0) for (const of of at.ids.keys()) if (of < epoch - 1) at.ids.delete(of)
    for (const group of delta.ids ?? []) {
      const held = at.ids.get(group.epoch) ?? new Set()
      at.ids.set(group.epoch, held)
      for (const id of group.ids) held.add(id)
    }
    at.state = { ...at.state, next, epoch, nonce, maxEventTimeMs, last }
    this.#append(at, costOf(delta.cells.length, bytes), { from: delta.from, next, floor, cells })
    return { kind: 'applied', floor }
  }

  async drop(keyspace: Keyspace, partition: number, floor: number): Promise<void> {
    if (!Number.isSafeInteger(floor))
      throw new RangeError(`stream "${keyspace.stream}": floor ${floor} is not a whole number`)
    const at = this.#partitions.get(idOf(keyspace, partition))
    if (!at || floor <= at.state.floor) return
    for (const name of [...at.groups.keys()]) if (parseGroup(name).epoch < floor) at.groups.delete(name)
    at.state = { ...at.state, floor }
    this.#append(at, costOf(0, 0), { from: at.state.next, next: at.state.next, floor, cells: [] })
  }

  #append(at: Partition, cost: number, entry: Omit<Entry, 'place'>): void {
    at.fed += cost
    const kept = at.fed - this.#options.feedCost
    at.feed = [...at.feed, { place: at.fed, ...entry }].filter(({ place }) => place >= kept)
  }

  async forget(keyspace: Keyspace, partition: number, generation: string): Promise<void> {
    const id = idOf(keyspace, partition)
    if (this.#partitions.get(id)?.state.generation === generation) this.#partitions.delete(id)
  }

  async dropKeyspace(keyspace: Keyspace): Promise<void> {
    for (const partition of await this.partitions(keyspace)) this.#partitions.delete(idOf(keyspace, partition))
    this.#registry.delete(JSON.stringify([keyspace.stream, keyspace.viewSet]))
  }

  async partitions(keyspace: Keyspace): Promise<readonly number[]> {
    const known = this.#registry.get(JSON.stringify([keyspace.stream, keyspace.viewSet]))
    return [...(known?.partitions ?? [])].sort((a, b) => a - b)
  }

  async keyspaces(): Promise<readonly Keyspace[]> {
    return [...this.#registry.values()].map(({ keyspace }) => keyspace)
  }

  async follow(keyspace: Keyspace, partition: number, cursor: HotCursor | undefined): Promise<HotChanges> {
    const at = this.#partitions.get(idOf(keyspace, partition))
    if (!at) return { state: null, reset: true, cells: [], cursor: formatCursor(NOWHERE), complete: true }
    const place = cursor ? parseCursor(cursor) : null
    if (!place || place.generation !== at.state.generation) return this.#begin(at)
    return place.fill ? this.#fill(at, place, place.fill, false) : this.#feed(at, place, false)
  }

  #begin(at: Partition): HotChanges {
    const { generation, next, floor } = at.state
    const place = { generation, fed: at.fed, next, floor, reach: { next, floor }, fill: null }
    if (at.groups.size === 0) return this.#feed(at, place, true)
    return this.#fill(at, place, { groups: [...at.groups.keys()], scan: '0', life: `${this.#lives}` }, true)
  }

  /** One chunk of a first fill, as the engine scans: before the next one, cells scanned already may change. */
  #fill(at: Partition, place: FollowPlace, { groups, scan, life }: FillPlace, reset: boolean): HotChanges {
    const reached = reaching(place, at.state)
    if (life !== `${this.#lives}` || !reached) return this.#begin(at)
    const cells: HotCell[] = []
    let [left, from] = [groups, Number(scan)]
    while (left[0] !== undefined && cells.length < this.#options.fillCells) {
      const scanned = [...(at.groups.get(left[0]) ?? [])]
      const page = scanned.slice(from, from + this.#options.fillCells - cells.length)
      for (const [key, registers] of page) cells.push({ ...parseGroup(left[0]), key, registers })
      from += page.length
      if (from < scanned.length) break
      ;[left, from] = [left.slice(1), 0]
    }
    const rest = { ...reached, fill: left.length > 0 ? { groups: left, scan: `${from}`, life } : null }
    if (cells.length === 0 && !rest.fill) return this.#feed(at, rest, reset)
    return { state: null, reset, cells, cursor: formatCursor(rest), complete: false }
  }

  #feed(at: Partition, place: FollowPlace, reset: boolean): HotChanges {
    const entries = at.feed.filter((entry) => entry.place > place.fed && entry.place <= place.fed + HOT_LIMITS.bytes)
    const end = { ...at.state, fed: at.fed, kept: at.fed - this.#options.feedCost }
    const followed = followFeed(place, end, entries)
    if (!followed) return this.#begin(at)
    const cells = entries.flatMap((entry) => entry.cells)
    const state = followed.complete ? stateOf(at) : null
    return { state, reset, cells, cursor: formatCursor(followed.place), complete: followed.complete }
  }

  async reportHealth(report: LayerHealth, ttlMs: number): Promise<void> {
    this.#health.set(`${report.layer}:${report.instance}`, { report, untilMs: this.#options.now() + ttlMs })
  }

  async health(): Promise<readonly LayerHealth[]> {
    const now = this.#options.now()
    return [...this.#health]
      .filter(([, { untilMs }]) => untilMs > now)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { report }]) => report)
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}

function idOf({ stream, viewSet }: Keyspace, partition: number): string {
  return `${stream}/${viewSet}/${partition}`
}

function stateOf({ state, groups }: Partition): HotState {
  const epochs = new Set<number>()
  for (const name of groups.keys()) epochs.add(Number.parseInt(name, 10))
  return { ...state, epochs: [...epochs].sort((a, b) => a - b) }
}

function refused(at: Partition | undefined): ApplyResult {
  return { kind: 'refused', stored: at ? stateOf(at) : null }
}

function copyPartitions(partitions: ReadonlyMap<string, Partition>): Map<string, Partition> {
  const copies = new Map<string, Partition>()
  for (const [id, { state, fed, groups, ids, feed }] of partitions) {
    copies.set(id, {
      state,
      fed,
      feed,
      groups: new Map([...groups].map(([name, cells]) => [name, new Map(cells)])),
      ids: new Map([...ids].map(([epoch, held]) => [epoch, new Set(held)])),
    })
  }
  return copies
}

function copyRegistry(
  registry: MemoryHotImage['registry'],
): Map<string, { keyspace: Keyspace; partitions: Set<number> }> {
  return new Map(
    [...registry].map(([name, { keyspace, partitions }]) => [name, { keyspace, partitions: new Set(partitions) }]),
  )
}
