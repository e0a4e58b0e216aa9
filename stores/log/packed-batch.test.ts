import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { CreateTimeError, packFetched, unpack } from './packed-batch.js'

// The wire client's writer is the other opinion on the format.
const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(o: object): Promise<{ buffer: Buffer }>
}
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (o: object) => object

interface Written {
  readonly first: number
  readonly values: readonly (string | null)[]
  readonly key?: string | null
  readonly headers?: Record<string, string>
  readonly timeMs?: number
  readonly flags?: number
  readonly producerId?: number
  readonly compression?: number
}

async function written({
  first,
  values,
  key = null,
  headers = {},
  timeMs = 7_000,
  flags = 0x08,
  producerId = -1,
  compression = 0,
}: Written): Promise<Buffer> {
  const records = values.map((value, i) => Record({ offsetDelta: i, timestampDelta: i * 100_000, key, value, headers }))
  const batch = await RecordBatch({
    compression,
    firstOffset: first,
    firstTimestamp: 5,
    maxTimestamp: timeMs,
    lastOffsetDelta: values.length - 1,
    producerId,
    records,
  })
  const bytes = Buffer.from(batch.buffer)
  bytes.writeInt16BE(bytes.readInt16BE(21) | flags, 21)
  return bytes
}

const fetched = (bytes: Buffer, aborted: { producerId: bigint; firstOffset: number }[] = []) => ({
  topic: 't',
  partition: 1,
  highWatermark: 99,
  aborted,
  bytes,
})
const TRANSACTION = 0x10 | 0x08
const MARKER = 0x20 | TRANSACTION

describe('a fetched batch', () => {
  it('holds what was written: offsets, append times, keys, values of any text, nulls', async () => {
    const long = '한국어👍'.repeat(5_000)
    const bytes = Buffer.concat([
      await written({ first: 2 ** 40, values: ['a', '', null, long], key: 'k', timeMs: 1_700_000_000_123 }),
      await written({ first: 2 ** 40 + 4, values: ['b'], timeMs: 1_700_000_000_456 }),
    ])
    const packed = packFetched(fetched(bytes), 2 ** 40)
    const batch = unpack(packed as NonNullable<typeof packed>)
    expect([batch.from, batch.to, batch.highWatermark]).toEqual([2 ** 40, 2 ** 40 + 5, 99])
    expect(
      batch.records.map((r) => [
        r.offset - 2 ** 40,
        r.timeMs,
        r.key && String(r.key),
        r.value && String(r.value),
        r.tick,
      ]),
    ).toEqual([
      [0, 1_700_000_000_123, 'k', 'a', false],
      [1, 1_700_000_000_123, 'k', '', false],
      [2, 1_700_000_000_123, 'k', null, false],
      [3, 1_700_000_000_123, 'k', long, false],
      [4, 1_700_000_000_456, null, 'b', false],
    ])
  })

  it('reads gzip, and names a compression that it cannot read', async () => {
    const gzip = packFetched(fetched(await written({ first: 3, values: ['x', 'y'], compression: 1 })), 3)
    expect(unpack(gzip as NonNullable<typeof gzip>).records.map((r) => [r.offset, String(r.value)])).toEqual([
      [3, 'x'],
      [4, 'y'],
    ])
    const zstd = packFetched(fetched(await written({ first: 0, values: ['x'], flags: 0x08 | 4 })), 0)
    expect(() => unpack(zstd as NonNullable<typeof zstd>).records).toThrow(/compressed with zstd/)
  })

  it('knows a tick by its header', async () => {
    const bytes = Buffer.concat([
      await written({ first: 0, values: [null], headers: { 'tandem-tick': '1' } }),
      await written({ first: 1, values: ['v'], headers: { other: 'tandem-tick' } }),
    ])
    const packed = packFetched(fetched(bytes), 0)
    expect(unpack(packed as NonNullable<typeof packed>).records.map((r) => r.tick)).toEqual([true, false])
  })

  it('starts and ends at raw offsets inside of batches', async () => {
    const packed = packFetched(fetched(await written({ first: 10, values: ['a', 'b', 'c', 'd'] })), 11, 13)
    expect([packed?.from, packed?.to]).toEqual([11, 13])
    expect(unpack(packed as NonNullable<typeof packed>).records.map((r) => String(r.value))).toEqual(['b', 'c'])
  })

  it('covers hidden offsets at its start, inside and at its end', async () => {
    const bytes = Buffer.concat([
      await written({ first: 4, values: ['aborted'], flags: TRANSACTION, producerId: 1 }),
      await written({ first: 5, values: ['seen'] }),
      await written({ first: 6, values: [''], flags: MARKER, producerId: 1 }),
      await written({ first: 7, values: ['seen too'] }),
      await written({ first: 8, values: [''], flags: MARKER, producerId: 2 }),
    ])
    const packed = packFetched(fetched(bytes, [{ producerId: 1n, firstOffset: 2 }]), 3)
    expect([packed?.from, packed?.to]).toEqual([3, 9])
    expect(unpack(packed as NonNullable<typeof packed>).records.map((r) => String(r.value))).toEqual([
      'seen',
      'seen too',
    ])
  })

  it('of markers alone is an empty range', async () => {
    const packed = packFetched(fetched(await written({ first: 8, values: [''], flags: MARKER, producerId: 2 })), 8)
    expect([packed?.from, packed?.to, packed?.bytes.length]).toEqual([8, 9, 0])
    expect(unpack(packed as NonNullable<typeof packed>).records).toEqual([])
  })

  it('ends before a batch that the fetch cut off, and is nothing without a whole one', async () => {
    const bytes = Buffer.concat([
      await written({ first: 0, values: ['a'] }),
      await written({ first: 1, values: ['b'] }),
    ])
    expect(packFetched(fetched(bytes.subarray(0, bytes.length - 1)), 0)?.to).toBe(1)
    expect(packFetched(fetched(bytes.subarray(0, 60)), 0)).toBeNull()
    expect(packFetched(fetched(Buffer.alloc(0)), 0)).toBeNull()
  })

  it("with the producer's time is refused by topic and offset", async () => {
    const bytes = await written({ first: 17, values: ['a'], flags: 0 })
    expect(() => packFetched(fetched(bytes), 17)).toThrow(CreateTimeError)
    expect(() => packFetched(fetched(bytes), 17)).toThrow(/topic "t" partition 1 .* offset 17/)
  })
})
