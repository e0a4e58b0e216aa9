import { expect, it } from 'vitest'
import { crc32 as byTable } from '../../core/decode/crc32.js'
import { crc32 } from './crc32.js'

it('the sum of a value has the known answers, whichever way this Node computes it', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  expect(crc32(Buffer.from(''))).toBe(0)
  expect(crc32(null)).toBe(0)
  for (const text of ['', 'a', '한국어 '.repeat(50)]) expect(crc32(Buffer.from(text))).toBe(byTable(Buffer.from(text)))
})
