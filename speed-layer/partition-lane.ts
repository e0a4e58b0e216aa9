import type { Fold } from '../core/compile/fold.js'
import type { Decoder } from '../core/decode/decoder.js'
import { behindLost, type EpochCut, recordEpoch } from '../core/seam/index.js'
import type { Clock } from '../core/time/clock.js'
import { type Delta, HOT_LIMITS, type HotState, type HotStore, HotUnavailableError } from '../stores/hot/index.js'
import { crc32, type LogBatch, type LogRecord, type ProduceRecord } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { DeadLetters } from './dead-letters.js'
import { encodeCells } from './encode-cells.js'
import { FLUSH } from './limits.js'
import { PartitionIds } from './partition-ids.js'
import type { Condition, PartitionStatus } from './partition-status.js'
import { AbandonedError, patiently } from './patiently.js'
import { type ReadBack, type ReadBackDeps, readBack } from './read-back.js'
import type { StreamPlan } from './stream-plan.js'

export interface PartitionLaneDeps extends ReadBackDeps {
  readonly hot: HotStore
  readonly decoder: Decoder
  readonly newFold: () => Fold
  /** Resolves when the broker has acknowledged all. */
  readonly sendDeadLetters: (letters: readonly ProduceRecord[]) => Promise<void>
  /** Fresh and random at each call. */
  readonly newNonce: () => string
  readonly clock: Clock
  readonly logger: Logger
  /** Go on reading here; what was handed out from elsewhere will be ignored. */
  readonly onSeek: (offset: number) => void
  /** Everything below is stored in Redis. */
  readonly onStored: (next: number) => void
  readonly onHalted: (reason: string) => void
}

/**
 * One partition of one stream: decodes and folds what the log hands out, and flushes what changed by one fenced call
 * while the next records are folded already. The cells in memory are those in Redis plus what no flush has stored yet;
 * whenever that may no longer be so (a refused call, lost state) all of it is dropped and read back.
 */
export class PartitionLane {
  readonly #letters: DeadLetters
  /** Null where the stream has no id. */
  readonly #ids: PartitionIds | null
  #fold: Fold
  #condition: Condition = { kind: 'opening' }
  /** Raised when memory is dropped: whoever waited across that has nothing left to do. */
  #life = 0
  #generation = ''
  /** First offset that is not stored. */
  #next = 0
  /** First offset that is not folded. */
  #position = 0
  #epoch = 0
  #cuts: readonly EpochCut[] = []
  #floor = 0
  #maxEventTimeMs: number | null = null
  /** Last record folded since the last flush began. */
  #last: LogRecord | null = null
  #storedLast: HotState['last'] = null
  #highWatermark = 0
  /** Flush or recovery under way; there is never more than one. */
  #busy: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  #lastFlushAtMs = Number.NEGATIVE_INFINITY
  #flushMs: number | null = null
  #freshnessMs: number | null = null
  #records = 0
  /** Cells at which a delta is cut: fewer while cells are large. */
  #cellLimit: number = FLUSH.cells

  constructor(
    private readonly plan: StreamPlan,
    private readonly partition: number,
    private readonly deps: PartitionLaneDeps,
  ) {
    this.#letters = new DeadLetters(plan.stream, partition)
    this.#ids = PartitionIds.of(plan.stream)
    this.#fold = deps.newFold()
  }

  /** Reads back what Redis holds, or begins where the snapshot ends; waits for the engines, however long. @returns the offset to read from */
  async open(): Promise<number> {
    const fold = this.deps.newFold
    const read = async (): Promise<readonly [Fold, ReadBack]> => {
      const empty = fold()
      return [empty, await readBack(this.plan.keyspace, this.partition, empty, this.#ids !== null, this.deps)]
    }
    const [filled, { state, known, releases }] = await this.#patiently(read, (error) => !(error instanceof RangeError))
    this.#fold = filled
    if (known !== null) this.#ids?.begin(known)
    this.#generation = state.generation
    this.#next = state.next
    this.#position = behindLost(state.next, releases.lost)
    this.#cuts = releases.cuts
    this.#epoch = state.epoch
    this.#floor = state.floor
    this.#maxEventTimeMs = state.maxEventTimeMs
    this.#storedLast = state.last
    this.#condition = { kind: 'running' }
    // What was given up is passed in Redis as well, also where nothing follows it.
    if (this.#position !== this.#next) setImmediate(() => this.#usable && this.#schedule())
    return this.#position
  }

  /** Folds one batch. Resolves when the next may come, which while Redis is away or full it may not. */
  async accept(batch: LogBatch): Promise<void> {
    while (this.#condition.kind === 'waiting' && this.#busy !== null) await this.#busy
    // Handed out before a seek, or while memory is being read back: it will come again.
    if (!this.#usable || batch.from !== this.#position) return
    const life = this.#life
    this.#highWatermark = batch.highWatermark
    const { records } = batch
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as LogRecord
      try {
        this.#foldRecord(record)
      } catch (error) {
        return this.halt(
          `the record at offset ${record.offset} broke the fold: ${error instanceof Error ? error.message : error}`,
        )
      }
      if (!this.#full) continue
      this.#position = record.offset + 1
      while (this.#busy !== null && this.#full) await this.#busy // its end may have begun the flush already
      if (life === this.#life && this.#full) this.#flush()
      if (life !== this.#life) return
    }
    this.#position = batch.to
    this.#schedule()
  }

  /** Compares with what is stored, also when there is nothing to flush: another owner, lost or restored state show here. */
  async watch(): Promise<void> {
    if (!this.#usable || this.#busy !== null) return
    const [life, next] = [this.#life, this.#next]
    let state: HotState | null
    try {
      state = await this.deps.hot.state(this.plan.keyspace, this.partition)
    } catch (error) {
      if (!(error instanceof HotUnavailableError)) throw error
      if (life === this.#life) this.#wait(error.message)
      return
    }
    if (life !== this.#life || this.#busy !== null || next !== this.#next) return // it moved on meanwhile: the next round tells
    if (state === null) return this.#recover('Redis lost its state')
    if (state.generation !== this.#generation || state.next !== next || state.floor < this.#floor) {
      return this.#recover(
        `Redis is at offset ${state.next} of generation ${state.generation}, not ${next} of ${this.#generation}`,
      )
    }
    this.#condition = { kind: 'running' }
    this.#raiseFloor(state.floor)
  }

  /** Stops by name: nothing of it is folded or flushed until it is assigned anew. */
  halt(reason: string): void {
    if (this.#condition.kind === 'halted') return
    this.deps.logger.error({ ...this.#name, position: this.#position, reason }, 'partition halted')
    this.#forget({ kind: 'halted', reason })
    this.deps.onHalted(reason)
  }

  /** Flushes what is folded; resolves when it is stored, or cannot be. */
  async drain(): Promise<void> {
    while (this.#busy !== null) await this.#busy
    if (this.#usable) this.#flush()
    while (this.#busy !== null) await this.#busy
  }

  /** Gives the partition up: a call that is under way may still succeed, nothing else happens. */
  close(): void {
    this.#forget({ kind: 'halted', reason: 'given up' })
  }

  status(): PartitionStatus {
    return {
      ...this.#name,
      condition: this.#condition,
      position: this.#position,
      next: this.#next,
      highWatermark: Math.max(this.#highWatermark, this.#position),
      records: this.#records,
      cells: this.#fold.size,
      flushMs: this.#flushMs,
      freshnessMs: this.#freshnessMs,
    }
  }

  get #name(): { stream: string; partition: number } {
    return { stream: this.plan.stream.name, partition: this.partition }
  }

  get #usable(): boolean {
    return this.#condition.kind === 'running' || this.#condition.kind === 'waiting'
  }

  /** As much is folded as one call may store. */
  get #full(): boolean {
    return this.#fold.dirtyCount >= this.#cellLimit || this.#letters.full || this.#ids?.full === true
  }

  #foldRecord(record: LogRecord): void {
    this.#epoch = recordEpoch(this.#epoch, record, this.plan.epochMs, this.#cuts)
    this.#last = record
    if (record.tick) return
    this.#records++
    // Below the floor only offsets count: a snapshot has these records. Their dead letters it has not.
    const counts = this.#epoch >= this.#floor
    const decoded = this.deps.decoder.decode(record.value, record.timeMs)
    if (!decoded.ok) {
      this.#letters.add(record, decoded)
      if (counts) this.#fold.count(this.#epoch, 'rejected', decoded.reason)
      return
    }
    // Noted below the floor as well: a record above it may repeat this one.
    if (this.#ids?.isDuplicate(decoded.row, this.#epoch)) {
      if (counts) this.#fold.count(this.#epoch, 'duplicate', null)
      return
    }
    const eventTimeMs = decoded.row[this.plan.stream.eventTime] as number
    if (this.#maxEventTimeMs === null || eventTimeMs > this.#maxEventTimeMs) this.#maxEventTimeMs = eventTimeMs
    if (counts) this.#fold.add(decoded.row, this.#epoch)
  }

  /** Flushes now or soon: at once after a pause, in small steps while caught up, in large ones while behind. */
  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#busy !== null || this.#position === this.#next) return // the end of a flush comes here again
    const behind = this.#highWatermark - this.#position > FLUSH.behindRecords
    const dueMs = this.#lastFlushAtMs + (behind ? FLUSH.behindMs : FLUSH.caughtUpMs) - this.deps.clock.now()
    if (dueMs <= 0) this.#flush()
    else this.#timer = setTimeout(() => this.#flush(), dueMs)
  }

  /** Begins to store everything folded so far. */
  #flush(): void {
    clearTimeout(this.#timer)
    if (this.#busy !== null || this.#position === this.#next) return
    const { cells, bytes } = encodeCells(this.deps.views, this.#fold.takeDirty())
    if (bytes + 3 * (this.#ids?.characters ?? 0) > HOT_LIMITS.bytes) {
      this.#shrink(cells.length, bytes)
      return
    }
    // Grows slowly: a small delta says little about the size of the cells that it did not change.
    const room = cells.length === 0 ? FLUSH.cells : Math.max(1, Math.floor((FLUSH.bytes * cells.length) / bytes))
    this.#cellLimit = Math.min(FLUSH.cells, 2 * this.#cellLimit, room)
    const last = this.#last
    const delta: Delta = {
      generation: this.#generation,
      from: this.#next,
      to: this.#position,
      floor: this.#floor,
      epoch: this.#epoch,
      maxEventTimeMs: this.#maxEventTimeMs,
      last: last === null ? this.#storedLast : { offset: last.offset, timeMs: last.timeMs, crc: crc32(last.value) },
      nonce: this.deps.newNonce(),
      cells,
      ids: this.#ids?.take(this.#epoch),
    }
    const letters = this.#letters.take()
    this.#storedLast = delta.last
    this.#last = null // it would keep a whole fetch in memory
    this.#lastFlushAtMs = this.deps.clock.now()
    this.#run(() => this.#store(delta, letters))
  }

  #run(work: () => Promise<void>): void {
    const busy = work()
      .catch((error) => {
        if (!(error instanceof AbandonedError)) this.halt(error instanceof Error ? error.message : String(error))
      })
      .then(() => {
        if (this.#busy === busy) this.#busy = null
        if (this.#usable) this.#schedule()
      })
    this.#busy = busy
  }

  async #store(delta: Delta, letters: readonly ProduceRecord[]): Promise<void> {
    const life = this.#life
    const { hot, clock, onStored } = this.deps
    // Acknowledged before the flush that counts them: a count without its letter could never be explained.
    if (letters.length > 0) await this.#patiently(() => this.deps.sendDeadLetters(letters))
    // Sent again with the same nonce after a failure, so that a call which had succeeded is known for it.
    const apply = () => hot.apply(this.plan.keyspace, this.partition, delta)
    const result = await this.#patiently(apply, (error) => error instanceof HotUnavailableError)
    if (life !== this.#life) return
    if (result.kind === 'refused') {
      const { stored } = result
      return this.#reopen(
        stored === null ? 'Redis lost its state' : `Redis is at offset ${stored.next}, not ${delta.from}`,
      )
    }
    const nowMs = clock.now()
    this.#condition = { kind: 'running' }
    this.#flushMs = nowMs - this.#lastFlushAtMs
    if (delta.last !== null) this.#freshnessMs = nowMs - delta.last.timeMs
    this.#next = delta.to
    this.#raiseFloor(result.floor)
    onStored(delta.to)
  }

  #raiseFloor(floor: number): void {
    if (floor <= this.#floor) return
    this.#floor = floor
    this.#fold.drop(floor)
  }

  /** A delta turned out larger than a call may be. It cannot be cut any more, so it is folded again in smaller ones. */
  #shrink(cells: number, bytes: number): void {
    if (this.#cellLimit <= 1) {
      this.halt(`one record changes ${bytes} bytes of cells; at most ${HOT_LIMITS.bytes} go in one call`)
      return
    }
    this.#cellLimit = Math.max(1, Math.floor(Math.min(cells, this.#cellLimit) / 2))
    this.#recover(`a delta of ${cells} cells has ${bytes} bytes`)
  }

  #recover(why: string): void {
    this.#run(() => this.#reopen(why))
  }

  async #reopen(why: string): Promise<void> {
    this.deps.logger.warn({ ...this.#name, position: this.#position, why }, 'reading back from Redis')
    this.#forget({ kind: 'opening' })
    const next = await this.open()
    this.deps.onSeek(next)
  }

  #forget(condition: Condition): void {
    clearTimeout(this.#timer)
    this.#life++
    this.#condition = condition
    this.#fold = this.deps.newFold()
    this.#letters.take()
    this.#last = null
  }

  #patiently<T>(work: () => Promise<T>, passes?: (error: unknown) => boolean): Promise<T> {
    const life = this.#life
    return patiently(work, { passes, onWait: (reason) => this.#wait(reason), abandoned: () => life !== this.#life })
  }

  #wait(reason: string): void {
    const { kind } = this.#condition
    if (kind === 'halted') return
    if (kind === 'running') this.deps.logger.warn({ ...this.#name, reason }, 'waiting')
    this.#condition = { kind: kind === 'opening' ? 'opening' : 'waiting', reason }
  }
}
