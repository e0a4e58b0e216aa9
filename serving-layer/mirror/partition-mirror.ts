import { decodeRegisters } from '../../core/cell/decode-registers.js'
import type { Clock } from '../../core/time/clock.js'
import type { HotCell, HotChanges, HotCursor, HotState, HotStore, Keyspace } from '../../stores/hot/hot-port.js'
import { breathe } from '../merge/breathe.js'
import type { ViewCells } from '../merge/view-cells.js'
import { within } from './within.js'

/** Cells taken in without letting other work in: a few milliseconds. */
const SLICE = 2_000

export interface PartitionMirrorDeps {
  readonly hot: Pick<HotStore, 'follow'>
  readonly keyspace: Keyspace
  readonly partition: number
  /** Views of the stream by name; cells of others in the reply are an error. */
  readonly views: ReadonlyMap<string, ViewCells>
  readonly clock: Clock
  /** Longest wait for one reply of Redis, ms; beyond it Redis counts as down. */
  readonly replyTimeoutMs: number
}

/**
 * A copy of one partition's hot cells at the finest window, kept by following its changes. It equals one stored
 * (generation, next, floor) whenever `complete`, and then only. Hot's coarser windows are merges of the finest, so they
 * are not copied.
 */
export class PartitionMirror {
  /** Names the partition's cells within a view. */
  readonly name: string
  #state: HotState | null = null
  #complete = false
  #asOfMs = Number.NEGATIVE_INFINITY
  #cursor: HotCursor | undefined
  #failure: Error | null = null
  #refreshing: Promise<void> | null = null
  #changes = 0

  constructor(readonly deps: PartitionMirrorDeps) {
    this.name = `${deps.keyspace.stream} ${deps.partition}`
  }

  /** State that the held cells equal; null where Redis has none. Only to be read while `complete`. */
  get state(): HotState | null {
    return this.#state
  }

  get complete(): boolean {
    return this.#complete
  }

  /** Instant at which the call was sent whose answer the held cells equal, UTC ms. */
  get asOfMs(): number {
    return this.#asOfMs
  }

  /** Why the last refresh failed; null when it succeeded. */
  get failure(): Error | null {
    return this.#failure
  }

  /** Raised whenever the held cells change: equal numbers mean equal cells. */
  get changes(): number {
    return this.#changes
  }

  /** Catches up with Redis; concurrent callers share one run. Never rejects: a failure is kept in `failure`. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#run().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** Forgets the copy, as after its keyspace was given up. */
  close(): void {
    for (const cells of this.deps.views.values()) cells.dropHot(this.name)
    this.#complete = false
  }

  async #run(): Promise<void> {
    const { hot, keyspace, partition, clock, replyTimeoutMs } = this.deps
    try {
      for (;;) {
        const sentAtMs = clock.now()
        const what = `hot state of stream "${keyspace.stream}" partition ${partition}`
        const changes = await within(replyTimeoutMs, what, hot.follow(keyspace, partition, this.#cursor))
        await this.#take(changes)
        if (!changes.complete) continue
        this.#asOfMs = sentAtMs
        this.#failure = null
        return
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
  }

  async #take(changes: HotChanges): Promise<void> {
    // From the first cell to the last the copy equals no stored state. A small reply is taken in one step, so that
    // nobody ever sees that.
    this.#complete = false
    if (changes.reset) for (const cells of this.deps.views.values()) cells.dropHot(this.name)
    for (let at = 0; at < changes.cells.length; at += SLICE) {
      if (at > 0) await breathe()
      for (const cell of changes.cells.slice(at, at + SLICE)) this.#set(cell)
    }
    if (changes.reset || changes.cells.length > 0 || changes.state?.floor !== this.#state?.floor) this.#changes++
    if (changes.complete) {
      // Without state everything goes: there may have been a wipe.
      const floor = changes.state?.floor
      for (const cells of this.deps.views.values()) cells.dropHot(this.name, floor)
      this.#state = changes.state
    }
    this.#cursor = changes.cursor
    this.#complete = changes.complete
  }

  #set(cell: HotCell): void {
    const cells = this.deps.views.get(cell.view)
    if (!cells)
      throw new Error(`hot state of ${this.name} holds cells of view "${cell.view}", which is not in its view set`)
    if (cell.resolutionMs !== cells.finestMs) return
    const of = { name: this.name, stream: this.deps.keyspace.stream }
    cells.setHot(of, cell.epoch, cell.key, decodeRegisters(cells.shape.specs, cell.registers), cell.registers)
  }
}
