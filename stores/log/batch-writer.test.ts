import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { writeBatch } from './batch-writer.js'
import { crc32c } from './crc32c.js'
import type { LogRecord, ProduceRecord } from './log-port.js'
import { readHeader, readRecords } from './record-batch.js'

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object
// The wire client's reader is the other opinion on the format.
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{
  producerId: string
  producerEpoch: number
  firstSequence: number
  records: { key: Buffer | null; value: Buffer | null; headers: Record<string, Buffer>; offset: string }[]
}>

const records: readonly ProduceRecord[] = [
  { key: 'k', value: 'plain' },
  { key: null, value: null, headers: { 'tandem-tick': '1' } },
  { key: '키', value: '한국어 👍 '.repeat(5_000) },
  { key: '', value: Buffer.from([0, 255, 128]), headers: { a: '', b: 'ß'.repeat(70) } },
]
const identity = { producerId: 2n ** 40n, producerEpoch: 3, sequence: 77 }

describe('a written batch', () => {
  it('is read back by our reader', () => {
    const bytes = writeBatch(records, identity, 1_700_000_000_000)
    const header = readHeader(bytes, 0)
    expect(header).toMatchObject({
      end: bytes.length,
      lastOffset: 3,
      maxTimeMs: 1_700_000_000_000,
      producerId: 2n ** 40n,
      codec: 0,
      control: false,
      transactional: false,
    })
    const read: LogRecord[] = []
    readRecords(bytes, header as NonNullable<typeof header>, 0, 10, read)
    expect(read.map((r) => [r.offset, r.key && String(r.key), r.tick])).toEqual([
      [0, 'k', false],
      [1, null, true],
      [2, '키', false],
      [3, '', false],
    ])
    expect(read.map((r) => r.value)).toEqual([
      Buffer.from('plain'),
      null,
      Buffer.from(records[2]?.value as string),
      Buffer.from([0, 255, 128]),
    ])
  })

  it('is read back by the wire client', async () => {
    const batch = await decodeBatch(new Decoder(writeBatch(records, identity, 1_700_000_000_000)))
    expect([batch.producerId, batch.producerEpoch, batch.firstSequence]).toEqual([`${2n ** 40n}`, 3, 77])
    expect(batch.records.map((r) => r.key && String(r.key))).toEqual(['k', null, '키', ''])
    expect(batch.records.map((r) => r.value?.length ?? null)).toEqual([
      5,
      null,
      Buffer.byteLength(records[2]?.value as string),
      3,
    ])
    expect(String(batch.records[3]?.headers['b'])).toBe('ß'.repeat(70))
  })

  it('has the checksum that the broker wants', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    const theirs = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number
    for (let length = 0; length < 40; length++) {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 37) & 0xff))
      expect(crc32c(bytes)).toBe(theirs(bytes))
    }
  })
})
