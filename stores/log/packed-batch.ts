import type { LogBatch, LogRecord } from './log-port.js'
import { type BatchHeader, readHeader, readRecords } from './record-batch.js'
import { type AbortedTransaction, visibleBatches } from './visible-batches.js'

/**
 * Delivered records of the raw offset range [from, to) in the broker's own bytes: what a thread is handed, since bytes
 * cross threads for nothing and objects do not. Plain data.
 */
export interface PackedBatch {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly highWatermark: number
  /** Whole record batches, hidden ones left out. The first may begin before `from`, the last may end after `to`. */
  readonly bytes: Uint8Array
}

/** Thrown for a batch that carries the producer's time: its records would have no epoch. */
export class CreateTimeError extends Error {
  override readonly name = 'CreateTimeError'
  constructor(
    readonly topic: string,
    partition: number,
    offset: number,
  ) {
    super(
      `topic "${topic}" partition ${partition} holds records with the producer's time from offset ${offset}: ` +
        `set message.timestamp.type=LogAppendTime on it, and start from a new topic or past these records`,
    )
  }
}

/** What one fetch brought of a partition. */
export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: number
  readonly aborted: readonly AbortedTransaction[]
  readonly bytes: Buffer
}

/**
 * The raw range that a fetch at `from` brought, with its hidden records left out of the bytes but not out of the range;
 * null where it brought no whole batch.
 * @param to exclusive upper bound of the range, for bounded reads.
 * @throws CreateTimeError
 */
export function packFetched(fetched: FetchedPartition, from: number, to = Number.MAX_SAFE_INTEGER): PackedBatch | null {
  const { topic, partition, highWatermark, bytes } = fetched
  const batches: BatchHeader[] = []
  for (let at = 0; ; ) {
    const header = readHeader(bytes, at)
    if (header === null || header.baseOffset >= to) break
    batches.push(header)
    at = header.end
  }
  const last = batches.at(-1)
  if (last === undefined || last.lastOffset < from) return null
  const visible = visibleBatches(batches, fetched.aborted)
  const wrong = visible.find((batch) => !batch.logAppendTime)
  if (wrong) throw new CreateTimeError(topic, partition, wrong.baseOffset)
  const range = { topic, partition, from, to: Math.min(last.lastOffset + 1, to), highWatermark }
  return { ...range, bytes: joined(bytes, visible) }
}

/** Views of the buffer where the visible batches adjoin, which they nearly always do; one copy otherwise. */
function joined(bytes: Buffer, batches: readonly BatchHeader[]): Uint8Array {
  const runs: { start: number; end: number }[] = []
  for (const { start, end } of batches) {
    const run = runs.at(-1)
    if (run?.end === start) run.end = end
    else runs.push({ start, end })
  }
  const parts = runs.map((run) => bytes.subarray(run.start, run.end))
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

/** Reads the records when they are first asked for. */
export function unpack(packed: PackedBatch): LogBatch & { readonly packed: PackedBatch } {
  let records: readonly LogRecord[] | undefined
  return {
    topic: packed.topic,
    partition: packed.partition,
    from: packed.from,
    to: packed.to,
    highWatermark: packed.highWatermark,
    packed,
    get records() {
      records ??= recordsOf(packed)
      return records
    },
  }
}

function recordsOf({ bytes, from, to }: PackedBatch): readonly LogRecord[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: LogRecord[] = []
  for (let at = 0; at < buffer.length; ) {
    const header = readHeader(buffer, at) as BatchHeader
    readRecords(buffer, header, from, to, records)
    at = header.end
  }
  return records
}
