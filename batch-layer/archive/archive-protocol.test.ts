import { expect, test } from 'vitest'
import { packSlice, unpackSlice } from './archive-protocol.js'

test('a slice comes out of its buffers as it went in: nulls, empty values and all', () => {
  const slice = {
    records: [
      { offset: 7, timeMs: 1_700_000_000_123, key: null, value: Buffer.from('{"a":"수"}'), tick: false },
      { offset: 2 ** 53 - 1, timeMs: 0, key: Buffer.from('k'), value: null, tick: false },
      { offset: 9, timeMs: -1, key: Buffer.alloc(0), value: Buffer.alloc(0), tick: false },
    ],
    epochs: [1, 2, 29_922_213],
  }
  expect(unpackSlice(packSlice(slice))).toEqual(slice)
  expect(unpackSlice(packSlice({ records: [], epochs: [] }))).toEqual({ records: [], epochs: [] })
})
