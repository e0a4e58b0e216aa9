import type { LogRecord } from '../../stores/log/log-port.js'
import type { RangePlace, RecordSlice } from './range-archive.js'

/** A slice flattened into buffers that are handed over, not copied, to the other thread. */
export interface PackedSlice {
  readonly offsets: Float64Array<ArrayBuffer>
  readonly times: Float64Array<ArrayBuffer>
  readonly epochs: Float64Array<ArrayBuffer>
  /** Length of key and value of each record in `bytes`, in this order; −1 is null. */
  readonly lengths: Int32Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** To the thread. `id` names one range; each request is answered by one reply with the same `call`. */
export type ArchiveRequest = { readonly call: number; readonly id: number } & (
  | { readonly kind: 'open'; readonly place: Omit<RangePlace, 'stream'> }
  | { readonly kind: 'append'; readonly slice: PackedSlice }
  | { readonly kind: 'finish'; readonly to: number }
  | { readonly kind: 'abandon' }
)

export type ArchiveReply = { readonly call: number } & (
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
)

export function packSlice(slice: RecordSlice): PackedSlice {
  const { records } = slice
  const n = records.length
  const offsets = new Float64Array(n)
  const times = new Float64Array(n)
  const lengths = new Int32Array(2 * n)
  let size = 0
  for (const record of records) size += (record.key?.length ?? 0) + (record.value?.length ?? 0)
  const bytes = new Uint8Array(size)
  let at = 0
  const put = (part: Buffer | null): number => {
    if (part === null) return -1
    bytes.set(part, at)
    at += part.length
    return part.length
  }
  for (let i = 0; i < n; i++) {
    const record = records[i] as LogRecord
    offsets[i] = record.offset
    times[i] = record.timeMs
    lengths[2 * i] = put(record.key)
    lengths[2 * i + 1] = put(record.value)
  }
  return { offsets, times, epochs: Float64Array.from(slice.epochs), lengths, bytes }
}

export function unpackSlice(packed: PackedSlice): RecordSlice {
  const { offsets, times, lengths } = packed
  const bytes = Buffer.from(packed.bytes.buffer, packed.bytes.byteOffset, packed.bytes.byteLength)
  const records = new Array<LogRecord>(offsets.length)
  let at = 0
  const take = (length: number): Buffer | null => {
    if (length < 0) return null
    at += length
    return bytes.subarray(at - length, at)
  }
  for (let i = 0; i < records.length; i++) {
    const key = take(lengths[2 * i] as number)
    const value = take(lengths[2 * i + 1] as number)
    records[i] = { offset: offsets[i] as number, timeMs: times[i] as number, key, value, tick: false }
  }
  return { records, epochs: Array.from(packed.epochs) }
}
