import type { WireRequest } from './fetch-protocol.js'

/** Kafka's Produce, version 3, for one partition, in the form in which the client's connections take a request. */
export interface ProduceAnswer {
  /** Kafka's error code; 0 when all is well. */
  readonly error: number
  readonly baseOffset: number
}

export const PRODUCE_ERRORS = {
  none: 0,
  messageTooLarge: 10,
  /** The batch was written before: this was its repetition. */
  duplicateSequence: 46,
  /** The broker has forgotten this producer; nothing of the batch was written. */
  unknownProducer: 59,
} as const

/** Errors that pass: corrupt on the way, leader moved or not chosen yet, timed out, too few replicas in sync, disk. */
export const RETRIABLE: ReadonlySet<number> = new Set([2, 3, 5, 6, 7, 8, 13, 19, 20, 56])

const API_KEY = 0
const API_VERSION = 3
const ALL_IN_SYNC = -1

interface Encoder {
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeString(value: string | null): Encoder
  writeBuffer(value: Buffer): Encoder
}

export function produceRequest(
  Writer: new (size: number) => Encoder,
  { topic, partition, batch, timeoutMs }: { topic: string; partition: number; batch: Buffer; timeoutMs: number },
): WireRequest<ProduceAnswer> {
  const encode = async (): Promise<never> =>
    new Writer(batch.length + topic.length * 3 + 64)
      .writeString(null) // no transaction
      .writeInt16(ALL_IN_SYNC)
      .writeInt32(timeoutMs)
      .writeInt32(1)
      .writeString(topic)
      .writeInt32(1)
      .writeInt32(partition)
      .writeInt32(batch.length)
      .writeBuffer(batch) as never
  return {
    request: { apiKey: API_KEY, apiVersion: API_VERSION, apiName: 'Produce', encode },
    response: { decode: async (payload) => readAnswer(payload), parse: async (answer) => answer },
  }
}

/** One topic, one partition: what was asked. */
function readAnswer(payload: Buffer): ProduceAnswer {
  const nameLength = payload.readInt16BE(4)
  const at = 4 + 2 + nameLength + 4 + 4 // topics, name, partitions, partition
  return { error: payload.readInt16BE(at), baseOffset: Number(payload.readBigInt64BE(at + 2)) }
}
