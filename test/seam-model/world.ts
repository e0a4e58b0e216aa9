import type { EncodedCell } from '../../core/cell/cell.js'
import { type PartitionBoundary, type Snapshot, validateSnapshot } from '../../core/seam/index.js'
import type { HotStore, Keyspace } from '../../stores/hot/index.js'
import { Batch } from './batch.js'
import { EPOCH_MS, ModelLog } from './model-log.js'
import { Owner } from './owner.js'
import { Reader } from './reader.js'
import { BrokenLaw, type Rule } from './rules.js'
import { SeededRandom } from './seeded-random.js'
import type { Accidents, Engine, Stage } from './stage.js'

export interface WorldOptions {
  readonly seed: number
  readonly engine: Engine
  /** A rule to leave out. */
  readonly without?: Rule
  /** @default 420 */
  readonly steps?: number
  readonly trace?: (line: string) => void
}

const WEIGHTS = {
  produce: 30,
  time: 22,
  transaction: 5,
  endTransaction: 5,
  clock: 1,
  poll: 26,
  flush: 22,
  rebalance: 2,
  crash: 1,
  wipe: 0.5,
  save: 0.5,
  restore: 0.5,
  setback: 0.5,
  seal: 6,
  publish: 5,
  backfill: 0.7,
  rollback: 0.5,
  drop: 3,
  read: 6,
  audit: 3,
  grow: 0.6,
  jobs: 50,
}

/** One random history of the whole system. */
export class World implements Stage {
  readonly random: SeededRandom
  readonly log = new ModelLog()
  readonly hot: HotStore
  readonly keyspace: Keyspace
  pointer: Snapshot | null = null
  /** Every snapshot that was in force. */
  readonly history: Snapshot[] = []
  /** Whether the sealer appends a tick to a partition that no later record ends. */
  readonly ticks: boolean
  losses = 0
  reads = 0
  compared = 0
  readonly #batch: Batch
  readonly #accidents: Accidents
  /** First epoch that a snapshot does not cover, by its id. */
  readonly #epochs = new Map<string, number>()
  readonly #owners = new Map<number, Owner>()
  #zombies: Owner[] = []
  readonly #readers: readonly Reader[]
  readonly #jobs: AsyncGenerator<void>[] = []
  #saved: unknown
  #names = 0

  constructor(private readonly options: WorldOptions) {
    this.random = new SeededRandom(options.seed)
    this.hot = options.engine.hot
    this.keyspace = options.engine.keyspace
    this.#accidents = options.engine.accidents
    this.#batch = new Batch(this)
    this.#readers = [new Reader(this), new Reader(this)]
    this.ticks = this.random.chance(0.5)
  }

  keeps(rule: Rule): boolean {
    return this.options.without !== rule
  }

  say(line: string): void {
    this.options.trace?.(`t=${this.log.nowMs} ${line}`)
  }

  newName(prefix: string): string {
    return `${prefix}-${++this.#names}`
  }

  sealedUpTo(snapshot: Snapshot | null): number {
    return snapshot ? (this.#epochs.get(snapshot.id) ?? 0) : 0
  }

  publish(snapshot: Snapshot): void {
    validateSnapshot(this.pointer, snapshot)
    this.#epochs.set(snapshot.id, this.sealedUpTo(this.pointer) + (snapshot.reason === 'seal' ? 1 : 0))
    this.pointer = snapshot
    this.history.push(snapshot)
  }

  idsBelow(partition: number, boundary: PartitionBoundary): readonly string[] {
    return this.#batch.idsBelow(partition, boundary)
  }

  cellsOf(segmentId: string): readonly EncodedCell[] {
    return this.#batch.cells.get(segmentId) ?? []
  }

  async run(): Promise<this> {
    for (let i = 0; i < (this.options.steps ?? 420); i++) await this.#act()
    await this.#quietEnd()
    return this
  }

  async #act(): Promise<void> {
    const { random, log } = this
    const action = random.weighted(WEIGHTS)
    const partition = random.between(0, log.size - 1)
    if (action === 'produce') {
      // one partition is idle most of the time
      if (random.chance(partition === 1 ? 0.35 : 0.9))
        log.append(partition, random.chance(0.1) ? 'bad' : 'valid', random.between(0, 2), this.#id())
    } else if (action === 'time') log.nowMs++
    else if (action === 'transaction')
      log.appendInTransaction(partition, random.between(0, 2), this.#id(), random.chance(0.6))
    else if (action === 'endTransaction') {
      if (log.openTransactions.length > 0) log.endTransaction(random.pick(log.openTransactions), random.chance(0.67))
    } else if (action === 'clock') log.stepClock(partition, random.pick([0, 0, -1, -4, -9, -13, 3, 12]))
    else if (action === 'poll' || action === 'flush') {
      const running = [...this.#owners.values(), ...this.#zombies]
      if (running.length > 0) await random.pick(running)[action]()
      if (!this.#owners.has(partition)) this.#assign(partition)
    } else if (action === 'rebalance') this.#assign(partition)
    else if (action === 'crash') {
      this.#owners.delete(partition)
      this.#zombies = this.#zombies.slice(-2)
    } else if (action === 'wipe' || action === 'save' || action === 'restore') await this.#accident(action)
    else if (action === 'setback') await this.#setback(partition)
    else if (action === 'grow') {
      if (log.size < 3) log.grow(random.pick([0, -13, -18]))
    } else if (action === 'read') this.#jobs.push(random.pick(this.#readers).read())
    else if (action === 'rollback') this.#batch.rollback()
    else if (action === 'jobs') {
      if (this.#jobs.length > 0) await this.#step(random.pick(this.#jobs))
    } else this.#jobs.push(this.#batch[action]())
  }

  #id(): string | null {
    return this.random.chance(0.5) ? `id-${this.random.between(1, 6)}` : null
  }

  async #accident(kind: 'wipe' | 'save' | 'restore'): Promise<void> {
    if (kind === 'save') this.#saved = await this.#accidents.save()
    else if (kind === 'wipe') await this.#accidents.wipe()
    else if (this.#saved === undefined) return
    else await this.#accidents.restore(this.#saved)
    if (kind !== 'save') this.losses++
    this.say(kind)
  }

  /** Redis comes back as it was just before a drop, after a new owner has loaded what the drop left. */
  async #setback(partition: number): Promise<void> {
    await this.#accident('save')
    for await (const _ of this.#batch.drop()) {
      // to the end
    }
    this.#assign(partition)
    for (let i = 0; i < 3; i++) await this.#owners.get(partition)?.poll()
    await this.#accident('restore')
  }

  /** A new owner; the old one may not have noticed. */
  #assign(partition: number): void {
    const before = this.#owners.get(partition)
    if (before && this.random.chance(0.6)) this.#zombies.push(before)
    this.#owners.set(partition, new Owner(this, partition))
    this.say(`new owner of ${partition}`)
  }

  async #step(job: AsyncGenerator<void>): Promise<void> {
    if ((await job.next()).done) this.#jobs.splice(this.#jobs.indexOf(job), 1)
  }

  /** Nothing goes wrong any more: everything must be counted, sealed and equal, and nothing may stand still. */
  async #quietEnd(): Promise<void> {
    const { log } = this
    for (const id of log.openTransactions) log.endTransaction(id, false)
    for (const partition of log.partitions) log.stepClock(partition, 0)
    for (let i = 0; i < 300; i++) {
      if (i % 5 === 0) log.nowMs++
      for (const job of [...this.#jobs]) await this.#step(job)
      for (const partition of log.partitions) {
        if (!this.#owners.has(partition)) this.#assign(partition)
        await this.#owners.get(partition)?.poll()
        await this.#owners.get(partition)?.flush()
      }
      if (i % 20 === 10) this.#jobs.push(this.#batch.seal(), this.#batch.publish(), this.#reader.read())
      if (i % 20 === 0) this.#jobs.push(this.#batch.audit(), this.#batch.drop())
    }
    for (const partition of log.partitions) {
      const next = (await this.hot.state(this.keyspace, partition))?.next ?? 0
      if (next < log.stable(partition) - 3)
        throw new BrokenLaw(`STALL: partition ${partition} at ${next} of ${log.stable(partition)}`)
    }
    const sealed = this.sealedUpTo(this.pointer)
    if (sealed < Math.floor(log.nowMs / EPOCH_MS) - 3)
      throw new BrokenLaw(`STALL: sealed to epoch ${sealed} at ${log.nowMs} ms`)
  }

  get #reader(): Reader {
    return this.#readers[0] as Reader
  }
}
