import { describe, expect, it } from 'vitest'
import { parseCut, parseLost } from './parse-releases.js'

const HOUR = 3_600_000
const noon = Date.UTC(2026, 0, 5, 12) / HOUR

describe('a cut on the command line', () => {
  it('is of one record or of a range, its epoch an index or a start', () => {
    expect(parseCut('0@123=20260105T120000Z', HOUR)).toEqual({ partition: 0, offset: 123, to: 124, epoch: noon })
    expect(parseCut(`2@5-9=${noon}`, HOUR)).toEqual({ partition: 2, offset: 5, to: 9, epoch: noon })
  })

  it('is refused where it is none', () => {
    for (const text of ['', '0@5', '0@5-5=1', '@5=1', '0@5=noon', '0@5=20260105T120001Z', '0:5-6'])
      expect(() => parseCut(text, HOUR)).toThrow('--cut')
  })
})

describe('a lost range on the command line', () => {
  it('is partition, first offset and end', () => {
    expect(parseLost('3:40-60')).toEqual({ partition: 3, from: 40, to: 60 })
    for (const text of ['3:60-40', '3:40', '40-60', '3@40-60', '3:4-4'])
      expect(() => parseLost(text)).toThrow('--accept-loss')
  })
})
