import type { ReadBackRecord } from '../../core/seam/index.js'
import { crc32 } from '../../stores/log/crc32.js'
import {
  type LogBatch,
  type LogConsumer,
  type LogRecord,
  type LogStore,
  LostRangeError,
  type ProduceRecord,
  type ReadRangeOptions,
} from '../../stores/log/log-port.js'

interface Slot {
  readonly timeMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly tick: boolean
  /** `open` belongs to a transaction under way; `hidden` is aborted, or a marker. */
  state: 'delivered' | 'open' | 'hidden'
}

/** A transaction under way in one partition. */
export interface OpenTransaction {
  append(value: string): void
  end(commit: boolean): void
}

/** Kafka as the batch layer sees it, in memory, with the broker's clock in the hands of the test. */
export class MemoryLog implements LogStore {
  readonly #partitions: { low: number; slots: Slot[] }[]
  /** Ranges read so far: a test may ask that there was none. */
  reads = 0
  ticks = 0
  /** Runs once, before the next range is read. */
  beforeRead: (() => Promise<void> | void) | null = null

  /** @param brokerClock append time of the next record, UTC ms */
  constructor(
    partitions: number,
    readonly brokerClock: () => number,
  ) {
    this.#partitions = Array.from({ length: partitions }, () => ({ low: 0, slots: [] }))
  }

  append(partition: number, value: string | null, state: Slot['state'] = 'delivered', tick = false): Slot {
    const slot: Slot = {
      timeMs: this.brokerClock(),
      key: null,
      value: value === null ? null : Buffer.from(value),
      tick,
      state,
    }
    this.#partition(partition).slots.push(slot)
    return slot
  }

  begin(partition: number): OpenTransaction {
    const mine: Slot[] = []
    return {
      append: (value) => void mine.push(this.append(partition, value, 'open')),
      end: (commit) => {
        for (const slot of mine) slot.state = commit ? 'delivered' : 'hidden'
        this.append(partition, null, 'hidden')
      },
    }
  }

  addPartition(): void {
    this.#partitions.push({ low: 0, slots: [] })
  }

  async offsets() {
    return this.#partitions.map(({ low, slots }, partition) => ({ partition, low, high: slots.length }))
  }

  async *readRange({ topic, partition, from, to }: ReadRangeOptions): AsyncGenerator<LogBatch> {
    this.reads++
    const hook = this.beforeRead
    this.beforeRead = null
    await hook?.()
    const { low, slots } = this.#partition(partition)
    if (from < low) throw new LostRangeError(topic, partition, from, low)
    const open = slots.findIndex((slot) => slot.state === 'open')
    const end = Math.min(to ?? Number.POSITIVE_INFINITY, open < 0 ? slots.length : open)
    for (let at = from; at < end; ) {
      const next = Math.min(at + 3, end)
      const records: LogRecord[] = []
      for (let offset = at; offset < next; offset++) {
        const slot = slots[offset] as Slot
        if (slot.state === 'delivered')
          records.push({ offset, timeMs: slot.timeMs, key: slot.key, value: slot.value, tick: slot.tick })
      }
      yield { topic, partition, from: at, to: next, records, highWatermark: slots.length }
      at = next
    }
  }

  async tick(_topic: string, partition: number): Promise<void> {
    this.ticks++
    this.append(partition, null, 'delivered', true)
  }

  async deleteRecords(_topic: string, partition: number, before: number): Promise<void> {
    this.#partition(partition).low = before
  }

  async partitions() {
    return this.#partitions.map((_, partition) => partition)
  }

  async addPartitions(_topic: string, total: number): Promise<void> {
    while (this.#partitions.length < total) this.addPartition()
  }

  async produce(_topic: string, records: readonly ProduceRecord[]): Promise<void> {
    for (const { partition = 0, value } of records) this.append(partition, value === null ? null : value.toString())
  }

  async produceTransaction(topic: string, records: readonly ProduceRecord[], commit: boolean): Promise<void> {
    const transaction = this.begin(records[0]?.partition ?? 0)
    for (const { value } of records) transaction.append(String(value))
    transaction.end(commit)
    await Promise.resolve(topic)
  }

  async consume(): Promise<LogConsumer> {
    throw new Error('the batch layer does not consume')
  }

  async checkTopic(): Promise<void> {}
  async retentionMs(): Promise<number | null> {
    return null
  }

  async readBack(_topic: string, partition: number, offset: number): Promise<ReadBackRecord> {
    const { low, slots } = this.#partition(partition)
    if (offset < low) return 'deleted'
    const slot = slots[offset]
    if (slot?.state !== 'delivered') return 'none'
    return { offset, timeMs: slot.timeMs, crc: crc32(slot.value) }
  }

  /** Deletes the topic and creates it again. */
  recreate(): void {
    for (const partition of this.#partitions) Object.assign(partition, { low: 0, slots: [] })
  }

  async ensureTopic(): Promise<void> {}
  async deleteGroup(): Promise<void> {}
  async ping(): Promise<void> {}
  async close(): Promise<void> {}

  #partition(partition: number) {
    const found = this.#partitions[partition]
    if (found === undefined) throw new Error(`there is no partition ${partition}`)
    return found
  }
}
