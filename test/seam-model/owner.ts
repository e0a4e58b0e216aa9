import { KnownIds, runningEpoch } from '../../core/seam/index.js'
import type { Delta, HotCell, HotIds, HotState } from '../../stores/hot/index.js'
import { contributions } from './cell-bag.js'
import { EPOCH_MS, type ModelRecord } from './model-log.js'
import type { Stage } from './stage.js'

interface Cell {
  readonly view: string
  readonly epoch: number
  readonly key: string
  readonly items: string[]
}

/**
 * A speed layer that believes it owns a partition: it opens the hot state, loads its cells, folds batches into them and
 * flushes the absolute registers of those that changed. Every step may be its last, and others may act between two steps.
 */
export class Owner {
  #phase: 'new' | 'starting' | 'opened' | 'loaded' | 'running' = 'new'
  #start = { offset: 0, epoch: 0 }
  #opened: HotState | undefined
  /** The state that the cells in memory belong to, while the ids are still to be read. */
  #loaded: HotState | undefined
  #known = new KnownIds(0)
  /** Ids not yet stored, by epoch. */
  #fresh: { readonly epoch: number; readonly ids: string[] }[] = []
  #generation = ''
  #floor = 0
  /** Where the consumer would fetch next. */
  #position = 0
  /** Where the cells in memory end, what was the last running epoch, and what of it was acknowledged. */
  #next = 0
  #epoch = 0
  #acknowledged = 0
  #cells = new Map<string, Cell>()
  #dirty = new Set<string>()
  /** A delta that was sent and not answered; sent again as it is. */
  #sent: Delta | null = null
  /** First offset of the next delta where a delta would begin at its first visible record. */
  #firstVisible: number | null = null

  constructor(
    private readonly world: Stage,
    readonly partition: number,
  ) {}

  /** One step of starting, or one batch folded. */
  async poll(): Promise<void> {
    const { world, partition } = this
    if (this.#phase === 'new') {
      this.#start = world.pointer?.boundary[partition] ?? { offset: 0, epoch: 0 }
      this.#phase = 'starting'
    } else if (this.#phase === 'starting') {
      this.#opened = await world.hot.open(world.keyspace, partition, this.#start)
      if (!world.keeps('ids-together')) await this.#readIds(this.#opened)
      this.#phase = 'opened'
    } else if (this.#phase === 'opened') await this.#load()
    else if (this.#phase === 'loaded') await this.#run()
    else await this.#fold()
  }

  async #load(): Promise<void> {
    const loaded = await this.world.hot.load(this.world.keyspace, this.partition)
    if (!loaded || !this.#opened) return this.#restart()
    const state = this.world.keeps('atomic-load') ? loaded.state : this.#opened
    this.#cells.clear()
    for (const { view, epoch, key, registers } of loaded.cells) {
      this.#cells.set(`${epoch} ${view} ${key}`, { view, epoch, key, items: registers.split(',') })
    }
    this.#loaded = state
    this.#phase = 'loaded'
  }

  async #run(): Promise<void> {
    const state = this.#loaded
    if (!state) return this.#restart()
    // someone else wrote since the cells were read
    if (this.world.keeps('ids-together') && !(await this.#readIds(state))) return this.#restart()
    this.#take(state)
    // the consumer may begin anywhere, whatever it was told
    this.#position = this.world.random.chance(0.1)
      ? this.world.random.between(0, this.world.log.stable(this.partition))
      : state.next
    this.#phase = 'running'
  }

  /** Everything that the next record may repeat, as of this state; false where it is not the stored one any more. */
  async #readIds(state: HotState): Promise<boolean> {
    const { world, partition } = this
    const stored = await world.hot.ids(world.keyspace, partition, state)
    this.#fresh = []
    this.#known = new KnownIds(state.epoch)
    if (world.keeps('ids-kept')) for (const { epoch, ids } of stored ?? []) this.#known.load(epoch, ids)
    if (world.keeps('ids-primed'))
      this.#known.load(state.epoch - 1, world.idsBelow(partition, { offset: state.since, epoch: state.epoch }))
    return stored !== null
  }

  #repeats({ kind, id }: ModelRecord): boolean {
    if (kind !== 'valid' || id === null) return false
    const epoch = this.#epoch
    if (epoch < this.#floor && !this.world.keeps('ids-noted')) return false
    const before = this.#known.meet(id, epoch)
    if (before === epoch) return true
    if (this.#fresh.at(-1)?.epoch !== epoch) this.#fresh.push({ epoch, ids: [] })
    this.#fresh.at(-1)?.ids.push(id)
    return before !== null
  }

  #take(state: HotState): void {
    this.#generation = state.generation
    this.#floor = state.floor
    this.#next = state.next
    this.#acknowledged = state.next
    this.#epoch = this.world.keeps('stored-epoch') ? state.epoch : 0
    this.#dirty.clear()
    this.#firstVisible = null
    this.#sent = null
  }

  async #fold(): Promise<void> {
    const { world, partition } = this
    const batch = world.log.read(partition, this.#position, this.#position + world.random.between(1, 6))
    if (batch.to <= batch.from) return this.#watch()
    if (world.keeps('contiguous') && batch.from !== this.#next) {
      this.#position = this.#next
      return
    }
    this.#position = batch.to
    if (batch.records.length === 0 && !world.keeps('raw-range')) return
    for (const record of batch.records) {
      this.#firstVisible ??= record.offset
      this.#epoch = runningEpoch(this.#epoch, record.timeMs, EPOCH_MS)
      const repeats = this.#repeats(record)
      for (const { view, key, item } of contributions(partition, record, repeats))
        this.#add(view, this.#epoch, key, item)
    }
    this.#next = batch.to
  }

  #add(view: string, epoch: number, key: string, item: string): void {
    const name = `${epoch} ${view} ${key}`
    const cell = this.#cells.get(name)
    if (cell) cell.items.push(item)
    else this.#cells.set(name, { view, epoch, key, items: [item] })
    this.#dirty.add(name)
  }

  /** With nothing to read and nothing to flush, is the stored state still the one that this owner wrote? */
  async #watch(): Promise<void> {
    if (!this.world.keeps('watch') || this.#sent || this.#next !== this.#acknowledged) return
    const stored = await this.world.hot.state(this.world.keyspace, this.partition)
    if (stored?.generation !== this.#generation || stored.next !== this.#next || this.#position !== this.#next)
      this.#restart()
  }

  /** Sends what changed, or what was sent and not answered. */
  async flush(): Promise<void> {
    if (this.#phase !== 'running') return
    const delta = this.#sent ?? this.#delta()
    if (!delta) return
    const { world, partition } = this
    this.#sent = delta
    const fate = world.random.weighted({ answered: 85, 'reply lost': 10, 'request lost': 5 })
    if (fate === 'request lost') return
    const result = await world.hot.apply(world.keyspace, partition, await this.#unfenced(delta))
    if (fate === 'reply lost') return
    this.#sent = null
    if (result.kind === 'refused') {
      world.say(`owner of ${partition} refused at ${delta.from}, stored ${result.stored?.next}`)
      if (world.keeps('reload')) return this.#restart()
      if (!result.stored) return this.#restart()
      this.#take(result.stored)
      this.#position = result.stored.next
      return
    }
    this.#acknowledged = delta.to
    if (result.floor > this.#floor) this.#forgetBelow(result.floor)
  }

  /** The delta as a store without some condition of the fence would take it. */
  async #unfenced(delta: Delta): Promise<Delta> {
    const { world } = this
    const stored = await world.hot.state(world.keyspace, this.partition)
    if (!stored) return delta
    return {
      ...delta,
      from: world.keeps('fence') || stored.next >= delta.to ? delta.from : stored.next,
      floor: world.keeps('floor-fence') ? delta.floor : 0,
    }
  }

  #delta(): Delta | null {
    if (this.#next === this.#acknowledged) return null
    const from = this.world.keeps('raw-range') ? this.#acknowledged : (this.#firstVisible ?? this.#acknowledged)
    const cells: HotCell[] = []
    for (const name of this.#dirty) {
      const cell = this.#cells.get(name)
      if (cell)
        cells.push({
          view: cell.view,
          resolutionMs: 60_000,
          epoch: cell.epoch,
          key: cell.key,
          registers: cell.items.join(','),
        })
    }
    this.#dirty.clear()
    this.#firstVisible = null
    const ids: readonly HotIds[] = this.#fresh.filter(({ epoch }) => epoch >= this.#epoch - 1)
    this.#fresh = []
    return {
      generation: this.#generation,
      from,
      to: this.#next,
      epoch: this.#epoch,
      floor: this.#floor,
      maxEventTimeMs: null,
      last: null,
      nonce: this.world.newName('nonce'),
      cells,
      ids,
    }
  }

  #forgetBelow(floor: number): void {
    this.#floor = floor
    for (const [name, cell] of this.#cells) {
      if (cell.epoch < floor) {
        this.#cells.delete(name)
        this.#dirty.delete(name)
      }
    }
  }

  #restart(): void {
    this.#phase = 'new'
    this.#sent = null
  }
}
