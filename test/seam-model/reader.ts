import {
  type Boundary,
  covers,
  degradedOf,
  hotFilter,
  type Prefix,
  partitionsOf,
  prefixOf,
  raiseHighest,
  runningEpoch,
} from '../../core/seam/index.js'
import type { HotCell, HotCursor, HotState } from '../../stores/hot/index.js'
import { CellBag, contributions, Definition } from './cell-bag.js'
import { EPOCH_MS } from './model-log.js'
import { BrokenLaw } from './rules.js'
import type { Stage } from './stage.js'

/** A copy of one partition's hot state, kept by following; usable only while `complete`. */
class Mirror {
  state: HotState | null = null
  complete = false
  /** How often Redis had lost state when this stood at what it shows. */
  losses = 0
  readonly #cells = new Map<string, HotCell>()
  #cursor: HotCursor | undefined

  async step(world: Stage, partition: number): Promise<void> {
    const changes = await world.hot.follow(world.keyspace, partition, this.#cursor)
    this.#cursor = changes.cursor
    if (changes.reset) this.#cells.clear()
    for (const cell of changes.cells) this.#cells.set(`${cell.epoch} ${cell.view} ${cell.key}`, cell)
    this.complete = changes.complete
    this.state = changes.state
    this.losses = world.losses
    for (const [name, cell] of this.#cells) if (this.state && cell.epoch < this.state.floor) this.#cells.delete(name)
  }

  get cells(): readonly HotCell[] {
    return [...this.#cells.values()]
  }
}

interface Held {
  readonly state: HotState | null
  readonly cells: readonly HotCell[]
  /** Offsets at which the cells may stand; more than one only where they were not read in one step. */
  readonly lowest: number
  readonly losses: number
}

/** Where an answer stood in each partition, and how often Redis had lost state by then. */
interface Answered {
  readonly prefix: Prefix
  readonly losses: ReadonlyMap<number, number>
}

/** One client of the serving layer, with its mirrors and what it has been answered. */
export class Reader {
  readonly #mirrors = new Map<number, Mirror>()
  #last: Answered = { prefix: {}, losses: new Map() }
  /** The highest prefix ever answered. */
  #highest: Prefix = {}

  constructor(private readonly world: Stage) {}

  async *read(): AsyncGenerator<void> {
    const { world } = this
    const before = this.#last
    for (;;) {
      const snapshot = world.pointer
      const boundary = snapshot?.boundary ?? {}
      yield
      const held = new Map<number, Held>()
      const partitions = new Set([
        ...partitionsOf(boundary).map(([p]) => p),
        ...(await world.hot.partitions(world.keyspace)),
      ])
      let again = false
      for (const partition of partitions) {
        const at = world.keeps('atomic-read') ? yield* this.#mirrored(partition) : yield* this.#torn(partition)
        if (at.state && world.keeps('floor') && !covers(boundary, partition, at.state.floor)) {
          if (world.pointer === snapshot) {
            throw new BrokenLaw(
              `UNREADABLE: partition ${partition} begins in epoch ${at.state.floor}, the snapshot in force ends before`,
            )
          }
          again = true
          break
        }
        held.set(partition, at)
      }
      if (again) continue
      return this.#check(snapshot, boundary, held, before)
    }
  }

  async *#mirrored(partition: number): AsyncGenerator<void, Held> {
    const mirror = this.#mirrors.get(partition) ?? new Mirror()
    this.#mirrors.set(partition, mirror)
    // queries share a mirror: it may be a little old, as long as it stands at one stored state
    if (!mirror.complete || this.world.random.chance(0.7)) {
      do {
        await mirror.step(this.world, partition)
        if (!mirror.complete) yield
      } while (!mirror.complete)
    }
    return { state: mirror.state, cells: mirror.cells, lowest: mirror.state?.next ?? 0, losses: mirror.losses }
  }

  /** State and cells in several steps, window by window. */
  async *#torn(partition: number): AsyncGenerator<void, Held> {
    const first = await this.world.hot.state(this.world.keyspace, partition)
    const cells: HotCell[] = []
    for (const key of ['[0]', '[1]', '[2]', '[0,"rejected","type"]', '[0,"accepted",null]', '[0,"duplicate",null]']) {
      yield
      const loaded = await this.world.hot.load(this.world.keyspace, partition)
      cells.push(...(loaded?.cells ?? []).filter((cell) => cell.key === key))
    }
    return {
      state: await this.world.hot.state(this.world.keyspace, partition),
      cells,
      lowest: first?.next ?? 0,
      losses: this.world.losses,
    }
  }

  #check(snapshot: Stage['pointer'], boundary: Boundary, held: ReadonlyMap<number, Held>, before: Answered): void {
    const { world } = this
    const answer = new CellBag()
    for (const segment of snapshot?.segments ?? []) {
      for (const cell of world.cellsOf(segment.id)) answer.add(segment.view, cell.key, cell.registers)
    }
    const newest = Math.max(0, ...partitionsOf(boundary).map(([, at]) => at.epoch))
    for (const [partition, { cells }] of held) {
      const least = world.keeps('part-bound') ? hotFilter(boundary, partition) : newest
      for (const cell of cells) if (cell.epoch >= least) answer.add(cell.view, cell.key, cell.registers)
    }
    const prefix = prefixOf(boundary, new Map([...held].map(([partition, { state }]) => [partition, state])))
    const lowest = prefixOf(
      boundary,
      new Map([...held].map(([partition, { lowest }]) => [partition, { next: lowest }])),
    )
    if (world.keeps('atomic-read')) this.#compare(answer, prefix)
    else this.#compareTorn(answer, lowest, prefix)

    const said = degradedOf(this.#highest, prefix)
    const losses = new Map([...held].map(([partition, at]) => [partition, at.losses]))
    for (const { partition, from, to } of degradedOf(before.prefix, prefix)) {
      const where = `BACKWARDS: partition ${partition} from ${to} to ${from}`
      if ((before.losses.get(partition) ?? 0) >= (losses.get(partition) ?? world.losses)) {
        throw new BrokenLaw(`${where}, though Redis lost nothing`)
      }
      if (!world.keeps('degraded') || !said.some((d) => d.partition === partition))
        throw new BrokenLaw(`${where}, nothing said`)
    }
    this.#last = { prefix, losses }
    this.#highest = raiseHighest(this.#highest, prefix)
    world.reads++
  }

  #compare(answer: CellBag, prefix: Prefix): void {
    const difference = answer.differenceFrom(this.#recount(prefix))
    if (!difference) return
    const kind = answer.doubled ? 'DOUBLE' : difference.missing.length > 0 ? 'GAP' : 'EXTRA'
    throw new BrokenLaw(
      `${kind}: prefix ${JSON.stringify(prefix)}, too much: ${difference.extra.slice(0, 4)}; missing: ${difference.missing.slice(0, 4)}`,
    )
  }

  /** A torn answer might still be the recount of some prefix between the two states. */
  #compareTorn(answer: CellBag, lowest: Prefix, highest: Prefix): void {
    let prefixes: Prefix[] = [{}]
    for (const [partition, to] of Object.entries(highest)) {
      const from = Math.min(lowest[Number(partition)] ?? 0, to)
      prefixes = prefixes.flatMap((p) =>
        Array.from({ length: to - from + 1 }, (_, i) => ({ ...p, [partition]: from + i })),
      )
    }
    if (prefixes.length < 2_000 && !prefixes.some((p) => answer.differenceFrom(this.#recount(p)) === null)) {
      throw new BrokenLaw(
        `TORN: no prefix from ${JSON.stringify(lowest)} to ${JSON.stringify(highest)} gives the answer`,
      )
    }
  }

  #recount(prefix: Prefix): CellBag {
    const bag = new CellBag()
    for (const [partition, to] of Object.entries(prefix)) {
      const definition = new Definition()
      let epoch = 0
      for (const record of this.world.log.read(Number(partition), 0, to).records) {
        epoch = runningEpoch(epoch, record.timeMs, EPOCH_MS)
        const repeats = definition.repeats(record, epoch)
        for (const { view, key, item } of contributions(Number(partition), record, repeats))
          bag.addItem(view, key, item)
      }
    }
    return bag
  }
}
