import { parseOffset } from './offset.js'
import type { FetchedPartition } from './packed-batch.js'

/**
 * Kafka's Fetch, version 5, in the form in which the client's connections take a request. The client's own decoding
 * makes an object and several big numbers of each record and drops the list of aborted transactions on its way; this
 * one leaves the records as the broker's bytes.
 */
export interface FetchRequest {
  /** How long the broker may wait for `minBytes`. */
  readonly maxWaitMs: number
  /** Soft bound of the whole answer: the first batch comes whole, however large. */
  readonly maxBytes: number
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly maxBytes: number
  }[]
}

export interface FetchAnswer extends FetchedPartition {
  /** Kafka's error code; 0 when all is well. */
  readonly error: number
  readonly lastStableOffset: number
}

export const FETCH_ERRORS = {
  none: 0,
  /** The offset lies before the first or after the last record. */
  offsetOutOfRange: 1,
} as const

const API_KEY = 1
const API_VERSION = 5
const READ_COMMITTED = 1

/** The wire client's own writer, as far as it is used here. */
interface Encoder {
  writeInt8(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: number): Encoder
  writeString(value: string): Encoder
}

/** A request and its decoder, as the wire client's connection pool takes it. */
export interface WireRequest<T> {
  readonly request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<Encoder> }
  readonly response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> }
}

/** @param Writer class of the wire client's writer. */
export function fetchRequest(
  Writer: new () => Encoder,
  { maxWaitMs, maxBytes, partitions }: FetchRequest,
): WireRequest<readonly FetchAnswer[]> {
  const encode = async (): Promise<Encoder> => {
    const writer = new Writer()
      .writeInt32(-1)
      .writeInt32(maxWaitMs)
      .writeInt32(1)
      .writeInt32(maxBytes)
      .writeInt8(READ_COMMITTED)
    writer.writeInt32(partitions.length)
    // One entry of the topic list per partition: shorter to write than grouping, and the broker takes it.
    for (const { topic, partition, offset, maxBytes } of partitions) {
      writer
        .writeString(topic)
        .writeInt32(1)
        .writeInt32(partition)
        .writeInt64(offset)
        .writeInt64(-1)
        .writeInt32(maxBytes)
    }
    return writer
  }
  return {
    request: { apiKey: API_KEY, apiVersion: API_VERSION, apiName: 'Fetch', encode },
    response: { decode: async (payload) => readAnswer(payload), parse: async (answer) => answer },
  }
}

export function readAnswer(payload: Buffer): readonly FetchAnswer[] {
  let at = 4 // throttle time: the broker has already waited
  const int32 = (): number => {
    at += 4
    return payload.readInt32BE(at - 4)
  }
  const int64 = (): bigint => {
    at += 8
    return payload.readBigInt64BE(at - 8)
  }
  const answers: FetchAnswer[] = []
  for (let topics = int32(); topics > 0; topics--) {
    const length = payload.readInt16BE(at)
    const topic = payload.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    for (let partitions = int32(); partitions > 0; partitions--) {
      const partition = int32()
      const error = payload.readInt16BE(at)
      at += 2
      const highWatermark = Number(int64()) // −1 beside an error
      const lastStableOffset = Number(int64())
      int64() // first offset of the log
      const aborted = []
      for (let n = int32(); n > 0; n--) aborted.push({ producerId: int64(), firstOffset: parseOffset(int64()) })
      const size = Math.max(0, int32())
      const bytes = payload.subarray(at, at + size)
      at += size
      answers.push({ topic, partition, error, highWatermark, lastStableOffset, aborted, bytes })
    }
  }
  return answers
}
