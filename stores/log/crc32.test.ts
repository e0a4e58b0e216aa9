import { describe, expect, it } from 'vitest'
import { crc32, crc32ByTable } from './crc32.js'

describe('crc32', () => {
  it('gives the known answers', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
    expect(crc32(Buffer.from(''))).toBe(0)
    expect(crc32(null)).toBe(0)
  })

  it('is the same by table, for Node versions without it', () => {
    for (const text of ['', 'a', '123456789', '한국어 '.repeat(50)]) {
      expect(crc32ByTable(Buffer.from(text))).toBe(crc32(Buffer.from(text)))
    }
  })
})
