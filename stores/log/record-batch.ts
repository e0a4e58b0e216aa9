import { gunzipSync } from 'node:zlib'
import type { LogRecord } from './log-port.js'

/** Name of the header that marks a tick. */
export const TICK_HEADER = 'tandem-tick'

/** What the log says of one record batch (message format 2) before its records. */
export interface BatchHeader {
  /** Where the batch lies in the buffer it was read from: [start, end). */
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** Offset of its last record, whether or not that record still exists. */
  readonly lastOffset: number
  /** Broker append time of all its records, UTC ms, where `logAppendTime`; otherwise the largest producer's time. */
  readonly maxTimeMs: number
  readonly logAppendTime: boolean
  readonly transactional: boolean
  /** Holds a transaction marker and no data. */
  readonly control: boolean
  readonly producerId: bigint
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number
}

/** Bytes from the start of a batch to its first record. */
const HEADER_BYTES = 61
/** The two fields that come before the length counts: offset and length itself. */
const PREFIX_BYTES = 12
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/**
 * The header of the batch that starts at `start`; null where the batch is cut off, as the last one of a fetch may be.
 * @throws Error where it is not message format 2 (every broker since 0.11 answers with it).
 */
export function readHeader(buffer: Buffer, start: number): BatchHeader | null {
  if (start + HEADER_BYTES > buffer.length) return null
  const end = start + PREFIX_BYTES + buffer.readInt32BE(start + 8)
  if (end > buffer.length) return null
  const magic = buffer[start + 16]
  if (magic !== 2)
    throw new Error(`a record batch has message format ${magic}; only format 2 (Kafka 0.11 and newer) is read`)
  const attributes = buffer.readInt16BE(start + 21)
  const baseOffset = readInt64(buffer, start)
  return {
    start,
    end,
    baseOffset,
    lastOffset: baseOffset + buffer.readInt32BE(start + 23),
    maxTimeMs: readInt64(buffer, start + 35),
    logAppendTime: (attributes & 0x08) !== 0,
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    producerId: buffer.readBigInt64BE(start + 43),
    codec: attributes & 0x07,
  }
}

/**
 * Appends the records of one batch with offset in [from, to) to `into`. Keys and values are views of the buffer, not
 * copies: whoever keeps one keeps the whole fetch in memory.
 * @throws Error for a compression other than gzip, naming it.
 */
export function readRecords(buffer: Buffer, header: BatchHeader, from: number, to: number, into: LogRecord[]): void {
  const count = buffer.readInt32BE(header.start + 57)
  const body = { buffer, at: header.start + HEADER_BYTES }
  if (header.codec !== 0) {
    if (header.codec !== 1) {
      const name = CODECS[header.codec] ?? `codec ${header.codec}`
      throw new Error(
        `a record batch is compressed with ${name}; produce with gzip or without compression, or set compression.type=gzip on the topic`,
      )
    }
    body.buffer = gunzipSync(buffer.subarray(body.at, header.end))
    body.at = 0
  }
  for (let i = 0; i < count; i++) {
    const length = readVarint(body)
    const end = body.at + length
    body.at += 1 // attributes: unused
    skipVarint(body) // the producer's time: the append time stands in the header
    const offset = header.baseOffset + readVarint(body)
    if (offset >= from && offset < to) {
      const key = readBytes(body)
      const value = readBytes(body)
      const tick = readVarint(body) > 0 && hasTickHeader(body, end)
      into.push({ offset, timeMs: header.maxTimeMs, key, value, tick })
    }
    body.at = end
  }
}

interface Cursor {
  buffer: Buffer
  at: number
}

/** Whether the headers from the cursor to `end` name a tick. */
function hasTickHeader(cursor: Cursor, end: number): boolean {
  while (cursor.at < end) {
    const name = readBytes(cursor)
    readBytes(cursor)
    if (name?.toString('utf8') === TICK_HEADER) return true
  }
  return false
}

function readBytes(cursor: Cursor): Buffer | null {
  const length = readVarint(cursor)
  if (length < 0) return null
  const start = cursor.at
  cursor.at = start + length
  return cursor.buffer.subarray(start, cursor.at)
}

/** A zigzag variable-length whole number of up to 32 bits. */
function readVarint(cursor: Cursor): number {
  const { buffer } = cursor
  let at = cursor.at
  let byte = buffer[at++] as number
  let value = byte & 0x7f
  for (let shift = 7; byte > 0x7f; shift += 7) {
    byte = buffer[at++] as number
    value |= (byte & 0x7f) << shift
  }
  cursor.at = at
  return (value >>> 1) ^ -(value & 1)
}

function skipVarint(cursor: Cursor): void {
  while ((cursor.buffer[cursor.at++] as number) > 0x7f);
}

/** A signed 64-bit number; exact for every offset and time that Tandem accepts. */
function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4)
}
