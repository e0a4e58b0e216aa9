import type { ReadBackRecord } from '../../core/seam/continuity.js'
import type { PackedBatch } from './packed-batch.js'

/** One record as the broker holds it. Offsets are safe integers, checked when they are parsed. */
export interface LogRecord {
  readonly offset: number
  /** Broker append time, UTC ms. */
  readonly timeMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** True for a tick (header `tandem-tick`): it raises the epoch, and is never decoded, folded, archived or counted. */
  readonly tick: boolean
}

/**
 * Delivered records of the raw offset range [from, to) of one partition, hidden offsets (transaction markers, aborted
 * records) included in the range but not in `records`. `records` may be empty: the range still counts.
 */
export interface LogBatch {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly records: readonly LogRecord[]
  /** The partition's high watermark (or last stable offset) when fetched, for lag. */
  readonly highWatermark: number
  /** The same in the broker's bytes, where the log has them: what to post to another thread (see `unpack`). */
  readonly packed?: PackedBatch
}

export interface ConsumeOptions {
  readonly topics: readonly string[]
  /** Consumer group; one per view set. Offsets are never committed to Kafka: positions come from `positionOf`. */
  readonly group: string
  /** Called on assignment, before the first batch of a partition: the offset to start from. */
  readonly positionOf: (topic: string, partition: number) => Promise<number>
  /**
   * Called for each batch in order per partition, and awaited: resolve when more may come. Different partitions may be
   * called concurrently. A rejection stops the consumer and rejects `stopped`.
   */
  readonly onBatch: (batch: LogBatch) => Promise<void>
  /** Partitions this member lost; their in-memory state is to be forgotten. */
  readonly onRevoked: (partitions: readonly { topic: string; partition: number }[]) => void
  /** The log does not hold this position (deleted, truncated or recreated): nothing more comes until a `seek`. */
  readonly onOutOfRange?: (topic: string, partition: number, position: number) => void
  /** Kafka did not answer (called for each attempt, which go on), or answers again: null. */
  readonly onTrouble?: (error: Error | null) => void
}

export interface LogConsumer {
  /** Continue a partition from another offset (after a refused flush). Batches in flight from before are not delivered. */
  seek(topic: string, partition: number, offset: number): void
  pause(topic: string, partition: number): void
  resume(topic: string, partition: number): void
  assigned(): readonly { topic: string; partition: number }[]
  /** Leaves the group and closes. */
  stop(): Promise<void>
  /** Settles when the consumer ends: resolves after `stop`, rejects with what stopped it. */
  readonly stopped: Promise<void>
}

export interface ReadRangeOptions {
  readonly topic: string
  readonly partition: number
  /** First offset, inclusive. */
  readonly from: number
  /** Stop once every offset < `to` was passed; or, when undefined, at the last stable offset as of the call. */
  readonly to?: number
  readonly signal?: AbortSignal
}

export interface ProduceRecord {
  readonly key: string | null
  readonly value: string | Uint8Array | null
  readonly partition?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface TopicSettings {
  readonly name: string
  readonly partitions: number
  readonly maxMessageBytes?: number
  /** ms; undefined: the broker's default */
  readonly retentionMs?: number
}

/** Kafka as Tandem uses it. */
export interface LogStore {
  /** Creates the topic with LogAppendTime and cleanup.policy=delete where it is missing. */
  ensureTopic(settings: TopicSettings): Promise<void>
  /**
   * Throws, with the command that fixes it, where the topic is CreateTime or compacted, or keeps its records for less than
   * `minRetentionMs` (see core's function of that name).
   */
  checkTopic(topic: string, minRetentionMs?: number): Promise<void>
  /** How long the topic keeps its records, ms; null: for ever. */
  retentionMs(topic: string): Promise<number | null>
  /** The delivered record at an offset, `none` where there is none, `deleted` where the log begins behind it. */
  readBack(topic: string, partition: number, offset: number): Promise<ReadBackRecord>
  partitions(topic: string): Promise<readonly number[]>
  /** To `total` of them; resolves when they can be written and read. */
  addPartitions(topic: string, total: number): Promise<void>
  /** Per partition: first available offset, high watermark (exclusive end). */
  offsets(topic: string): Promise<readonly { partition: number; low: number; high: number }[]>
  consume(options: ConsumeOptions): Promise<LogConsumer>
  /** A bounded read, ended by position, never by waiting for a record. Throws `LostRangeError` where `from` was deleted. */
  readRange(options: ReadRangeOptions): AsyncIterable<LogBatch>
  /** Idempotent producer, acks all; resolves after the broker's acknowledgement. */
  produce(topic: string, records: readonly ProduceRecord[]): Promise<void>
  /** All records in one transaction; `commit: false` aborts it (for tests and chaos). */
  produceTransaction(topic: string, records: readonly ProduceRecord[], commit: boolean): Promise<void>
  /** One tick in a partition. */
  tick(topic: string, partition: number): Promise<void>
  /** Kafka's lag view of a group is not used; this deletes a group that a reader made. */
  deleteGroup(group: string): Promise<void>
  deleteRecords(topic: string, partition: number, before: number): Promise<void>
  /** Whether the broker answers now. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Thrown when a range that was asked for no longer exists in the log; carries what was lost. */
export class LostRangeError extends Error {
  override readonly name = 'LostRangeError'
  constructor(
    readonly topic: string,
    readonly partition: number,
    /** [from, to) that the broker deleted. */
    readonly from: number,
    readonly to: number,
    /** What to do about it, appended to the message. */
    hint = '',
  ) {
    super(
      `topic "${topic}" partition ${partition}: offsets ${from} to ${to} (exclusive) were deleted before they were read${hint}`,
    )
  }
}
