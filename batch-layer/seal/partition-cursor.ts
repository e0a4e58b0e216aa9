import { type EpochCut, endsEpoch, recordEpoch } from '../../core/seam/index.js'
import type { LogBatch, LogRecord, LogStore } from '../../stores/log/log-port.js'
import { EpochAheadError } from './seal-errors.js'

/** Delivered records (ticks included) in offset order with their epochs; the arrays are aligned. */
export interface DeliveredSlice {
  readonly records: readonly LogRecord[]
  readonly epochs: readonly number[]
}

export interface CursorStart {
  readonly stream: string
  readonly topic: string
  readonly partition: number
  /** First offset to read, inclusive. */
  readonly from: number
  /** First epoch not covered below `from`; 0 where nothing was ever sealed. */
  readonly epoch: number
  readonly epochMs: number
  /** Of the partition. */
  readonly cuts: readonly EpochCut[]
  /** The last epoch that is believed: a record of a later one has its time from a clock that is wrong. */
  readonly maxEpoch: number
}

/**
 * Walks one partition forward, epoch by epoch, over bounded reads: one read serves every epoch of a run. What it calls
 * a cut is a delivered record that the read itself has seen, hence below the last stable offset.
 */
export class PartitionCursor {
  readonly partition: number
  #running: number
  #position: number
  #batch: LogBatch | null = null
  #index = 0
  #reading: AsyncIterator<LogBatch> | null = null
  #exhausted = false

  constructor(
    private readonly log: LogStore,
    private readonly start: CursorStart,
    private readonly signal?: AbortSignal,
  ) {
    this.partition = start.partition
    this.#running = start.epoch
    this.#position = start.from
  }

  /**
   * The next delivered records with an epoch ≤ `epoch`; null where there is none: the next record is of a later epoch
   * (see `cut`) or everything up to the last stable offset was seen (`cut` is null).
   *
   * @throws EpochAheadError where the next record lies beyond `maxEpoch`
   */
  async take(epoch: number): Promise<DeliveredSlice | null> {
    while (await this.#fill()) {
      const batch = this.#batch as LogBatch
      const epochs: number[] = []
      let end = this.#index
      for (; end < batch.records.length; end++) {
        const record = batch.records[end] as LogRecord
        const next = this.#epochOf(record)
        if (endsEpoch(next, epoch)) break
        this.#running = next
        epochs.push(next)
      }
      if (end === this.#index) return null
      const records = batch.records.slice(this.#index, end)
      this.#index = end
      return { records, epochs }
    }
    return null
  }

  /** The delivered record that comes next, if the last `take` stopped before it. */
  get cut(): LogRecord | null {
    return this.#batch?.records[this.#index] ?? null
  }

  /** Epoch of the next delivered record; null where the read sees none. */
  async peekEpoch(): Promise<number | null> {
    if (!(await this.#fill())) return null
    const record = this.cut as LogRecord
    return this.#epochOf(record)
  }

  /** Reads on to the last stable offset as of now, after everything was seen. */
  resume(): void {
    this.#exhausted = false
  }

  async close(): Promise<void> {
    const reading = this.#reading
    this.#reading = null
    await reading?.return?.()
  }

  #epochOf(record: LogRecord): number {
    const { epochMs, cuts, maxEpoch } = this.start
    const epoch = recordEpoch(this.#running, record, epochMs, cuts)
    if (epoch > maxEpoch) throw this.#ahead(record)
    return epoch
  }

  /** Names the stretch that is to be cut, as far as this batch shows it. */
  #ahead(record: LogRecord): EpochAheadError {
    const { epochMs, cuts, maxEpoch } = this.start
    const { stream, topic, partition } = this.start
    const believed = (other: LogRecord) =>
      other.offset > record.offset && recordEpoch(Number.MIN_SAFE_INTEGER, other, epochMs, cuts) <= maxEpoch
    const records = this.#batch?.records ?? []
    const to = records.find(believed)?.offset ?? (records.at(-1) ?? record).offset + 1
    return new EpochAheadError({
      stream,
      topic,
      partition,
      offset: record.offset,
      to,
      timeMs: record.timeMs,
      epochMs,
      epoch: this.#running,
    })
  }

  /** True when a delivered record lies at the cursor. */
  async #fill(): Promise<boolean> {
    for (;;) {
      if (this.#batch !== null && this.#index < this.#batch.records.length) return true
      this.#batch = null
      this.#index = 0
      if (this.#exhausted) return false
      this.#reading ??= this.log
        .readRange({ topic: this.start.topic, partition: this.partition, from: this.#position, signal: this.signal })
        [Symbol.asyncIterator]()
      const step = await this.#reading.next()
      if (step.done === true) {
        this.#reading = null
        this.#exhausted = true
        return false
      }
      this.#batch = step.value
      this.#position = step.value.to
    }
  }
}
