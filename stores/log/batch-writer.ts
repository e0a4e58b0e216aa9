import { crc32c } from './crc32c.js'
import type { ProduceRecord } from './log-port.js'

/** A producer's place in one partition: the broker drops a batch whose sequence it has seen. */
export interface BatchIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Number of the first record since the producer began. */
  readonly sequence: number
}

const HEADER_BYTES = 61
/** Bytes from the start of a batch to what its checksum covers. */
const CHECKED_FROM = 21
/** Variable-length numbers of a record: length, time, offset, key, value, headers; at most five bytes each and one of attributes. */
const RECORD_OVERHEAD = 31

/** One record batch (message format 2), without compression. Its base offset is the broker's to fill in. */
export function writeBatch(
  records: readonly ProduceRecord[],
  { producerId, producerEpoch, sequence }: BatchIdentity,
  timeMs: number,
): Buffer {
  const writer = new BatchWriter(records.reduce((sum, record) => sum + sizeBound(record), HEADER_BYTES))
  for (const [i, record] of records.entries()) writer.record(record, i)
  const batch = writer.bytes()
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(-1, 12) // leader epoch: the broker's
  batch[16] = 2
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(timeMs), 27)
  batch.writeBigInt64BE(BigInt(timeMs), 35)
  batch.writeBigInt64BE(producerId, 43)
  batch.writeInt16BE(producerEpoch, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeInt32BE(records.length, 57)
  batch.writeUInt32BE(crc32c(batch, CHECKED_FROM), 17)
  return batch
}

/** Bytes that the record takes at most. */
export function sizeBound({ key, value, headers }: ProduceRecord): number {
  let size = RECORD_OVERHEAD + lengthBound(key) + lengthBound(value)
  if (headers) for (const [name, text] of Object.entries(headers)) size += 10 + lengthBound(name) + lengthBound(text)
  return size
}

function lengthBound(value: string | Uint8Array | null): number {
  return value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : value.length
}

class BatchWriter {
  readonly #buffer: Buffer
  #at = HEADER_BYTES

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes).fill(0, 0, HEADER_BYTES)
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  record({ key, value, headers }: ProduceRecord, index: number): void {
    const start = this.#at
    this.#at += 5 // its length, written at the end, may take so many
    const body = this.#at
    this.#buffer[this.#at++] = 0 // attributes
    this.#varint(0) // time, relative to the batch's
    this.#varint(index)
    this.#value(key)
    this.#value(value)
    const entries = headers ? Object.entries(headers) : []
    this.#varint(entries.length)
    for (const [name, text] of entries) {
      this.#value(name)
      this.#value(text)
    }
    const length = this.#at - body
    const end = this.#at
    this.#at = start
    this.#varint(length)
    this.#buffer.copyWithin(this.#at, body, end)
    this.#at += length
  }

  #value(value: string | Uint8Array | null): void {
    if (value === null) {
      this.#varint(-1)
      return
    }
    if (typeof value !== 'string') {
      this.#varint(value.length)
      this.#buffer.set(value, this.#at)
      this.#at += value.length
      return
    }
    this.#varint(Buffer.byteLength(value))
    this.#at += this.#buffer.write(value, this.#at)
  }

  /** Zigzag, 7 bits to a byte. */
  #varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#at++] = rest
  }
}
