import { isUtf8 } from 'node:buffer'
import { crc32 } from './crc32.js'
import type { Rejection } from './decoder.js'

/** A larger value is kept by its first bytes, length and checksum. */
export const DEAD_LETTER_HEAD_BYTES = 65_536

/** The value of a refused record, as its dead letter holds it. */
export type DeadLetterValue =
  /** Kafka's null. */
  | { readonly encoding: 'none' }
  | { readonly encoding: 'utf8'; readonly text: string }
  /** Bytes that are no UTF-8. */
  | { readonly encoding: 'base64'; readonly text: string }
  /** Over the stream's `maxBytes`: the first 64 KB in base64, the whole length in bytes, and the CRC-32 of the whole. */
  | { readonly encoding: 'head'; readonly text: string; readonly bytes: number; readonly crc32: number }

/** Where a record lies in the log. */
export interface RecordPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Broker append time, UTC ms. */
  readonly timeMs: number
}

/** What `<stream>.dlq` holds for a refused record, as JSON. */
export interface DeadLetter extends RecordPlace {
  readonly stream: string
  readonly reason: string
  readonly field: string | null
  /** The offending value as JSON text, at most 200 characters. */
  readonly found: string | null
  readonly expected: string
  /** The record's key where it is UTF-8, else null. */
  readonly key: string | null
  readonly value: DeadLetterValue
}

/**
 * Key of a dead letter: `topic/partition/offset`. A record that is read again is refused again under the same key, so
 * readers and counts go by distinct key.
 */
export function deadLetterKey(place: Pick<RecordPlace, 'topic' | 'partition' | 'offset'>): string {
  return `${place.topic}/${place.partition}/${place.offset}`
}

/** @param maxBytes of the stream: a value over it is not repeated whole. */
export function deadLetterOf(
  stream: string,
  maxBytes: number,
  place: RecordPlace,
  rejection: Rejection,
  key: Uint8Array | null,
  value: Uint8Array | null,
): DeadLetter {
  const { topic, partition, offset, timeMs } = place
  const { reason, field, value: found, expected } = rejection
  const keyText = key !== null && isUtf8(key) ? asBuffer(key).toString('utf8') : null
  return {
    stream,
    reason,
    field,
    found,
    expected,
    topic,
    partition,
    offset,
    timeMs,
    key: keyText,
    value: deadLetterValue(value, maxBytes),
  }
}

function deadLetterValue(value: Uint8Array | null, maxBytes: number): DeadLetterValue {
  if (value === null) return { encoding: 'none' }
  const bytes = asBuffer(value)
  if (bytes.length > maxBytes) {
    const head = bytes.subarray(0, DEAD_LETTER_HEAD_BYTES).toString('base64')
    return { encoding: 'head', text: head, bytes: bytes.length, crc32: crc32(bytes) }
  }
  if (isUtf8(bytes)) return { encoding: 'utf8', text: bytes.toString('utf8') }
  return { encoding: 'base64', text: bytes.toString('base64') }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Reads a dead letter back. @throws where the text is not one (another program wrote to the topic), naming what is wrong.
 */
export function parseDeadLetter(text: string): DeadLetter {
  const parsed: unknown = JSON.parse(text)
  const fields = ['stream', 'reason', 'expected', 'topic', 'partition', 'offset', 'timeMs', 'value'] as const
  if (typeof parsed !== 'object' || parsed === null) throw new Error('a dead letter must be a JSON object')
  for (const field of fields) {
    if (!(field in parsed)) throw new Error(`a dead letter must have "${field}"`)
  }
  return parsed as DeadLetter
}
