import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareParity,
  covers,
  degradedOf,
  hotFilter,
  isComplete,
  type ParityInput,
  prefixOf,
  raiseHighest,
  streamWatermark,
  watermarkOf,
} from './index.js'

const boundary = { 0: { offset: 100, epoch: 7 }, 2: { offset: 5, epoch: 3 } }

describe('an answer', () => {
  it('reaches as far as the snapshot or hot state, whichever is further, over the partitions of both', () => {
    const hot = new Map([
      [0, { next: 90 }],
      [1, { next: 12 }],
      [2, null],
      [3, null],
    ])
    expect(prefixOf(boundary, hot)).toEqual({ 0: 100, 1: 12, 2: 5, 3: 0 })
    expect(prefixOf(boundary, new Map())).toEqual({ 0: 100, 2: 5 })
  })

  it('counts hot epochs from the boundary on, and a partition without boundary whole', () => {
    expect(hotFilter(boundary, 0)).toBe(7)
    expect(hotFilter(boundary, 1)).toBe(0)
  })

  it('needs a newer snapshot where hot state has dropped what this one lacks', () => {
    expect(covers(boundary, 0, 7)).toBe(true)
    expect(covers(boundary, 0, 6)).toBe(true)
    expect(covers(boundary, 0, 8)).toBe(false)
    expect(covers(boundary, 1, 0)).toBe(true)
    expect(covers(boundary, 1, 1)).toBe(false)
  })

  it('is degraded by name exactly where it lies below the highest one given', () => {
    expect(degradedOf({ 0: 10, 1: 4, 2: 9 }, { 0: 10, 1: 3 })).toEqual([
      { partition: 1, from: 3, to: 4 },
      { partition: 2, from: 0, to: 9 },
    ])
    const prefix = fc.dictionary(fc.nat(5).map(String), fc.nat(20))
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        const raised = raiseHighest(a, b)
        expect(degradedOf(raised, raised)).toEqual([])
        expect(degradedOf(a, raised)).toEqual([])
        expect(raiseHighest(b, a)).toEqual(raised)
      }),
    )
  })
})

describe('parity', () => {
  const input: ParityInput = {
    view: 'searches',
    ranges: [{ partition: 0, from: { offset: 10, epoch: 2 }, to: { offset: 20, epoch: 3 } }],
    hot: new Map([[0, { next: 20, since: 10, floor: 2 }]]),
    hotCells: [
      { key: 'a', registers: '[1]' },
      { key: 'b', registers: '[2]' },
    ],
    batchCells: [
      { key: 'b', registers: '[2]' },
      { key: 'a', registers: '[1]' },
    ],
  }

  it('is equal where every cell is, in any order', () => {
    expect(compareParity(input)).toEqual({ outcome: 'equal', reason: null, cellsCompared: 2, cellsDifferent: 0 })
    expect(compareParity({ ...input, hotCells: [], batchCells: [] }).outcome).toBe('equal')
  })

  it('names the first difference and counts all: other registers, a cell too many, a cell too few', () => {
    const hotCells = [
      { key: 'a', registers: '[9]' },
      { key: 'c', registers: '[1]' },
    ]
    expect(compareParity({ ...input, hotCells })).toEqual({
      outcome: 'different',
      reason: 'view "searches", cell a: speed [9], batch [1]',
      cellsCompared: 3,
      cellsDifferent: 3,
    })
    expect(compareParity({ ...input, hotCells, same: () => true }).cellsDifferent).toBe(2)
  })

  it.each([
    [null, /no hot state/],
    [{ next: 19, since: 10, floor: 2 }, /reached offset 19 of 20/],
    [{ next: 20, since: 11, floor: 2 }, /began at offset 11, after 10/],
    [{ next: 20, since: 10, floor: 3 }, /epochs below 3 were dropped/],
  ])('is not compared where hot state does not hold the whole range: %o', (hot, reason) => {
    const outcome = compareParity({ ...input, hot: new Map([[0, hot]]), hotCells: [] })
    expect(outcome.outcome).toBe('uncompared')
    expect(outcome.reason).toMatch(reason)
  })
})

describe('completeness', () => {
  it('waits for the slowest partition that is not idle', () => {
    const slow = { maxEventTimeMs: 50_000, idle: false }
    const fast = { maxEventTimeMs: 90_000, idle: false }
    expect(watermarkOf(50_000, 10_000)).toBe(40_000)
    expect(streamWatermark([slow, fast], 10_000, 200_000)).toBe(40_000)
    expect(streamWatermark([{ ...slow, idle: true }, fast], 10_000, 200_000)).toBe(80_000)
    expect(streamWatermark([{ maxEventTimeMs: null, idle: false }, fast], 10_000, 200_000)).toBeNull()
    expect(
      streamWatermark(
        [
          { maxEventTimeMs: null, idle: true },
          { ...fast, idle: true },
        ],
        10_000,
        200_000,
      ),
    ).toBe(190_000)
    expect(streamWatermark([], 10_000, 200_000)).toBe(190_000)
  })

  it('is of windows that end at or before the watermark', () => {
    expect(isComplete(40_000, 40_000)).toBe(true)
    expect(isComplete(40_001, 40_000)).toBe(false)
    expect(isComplete(0, null)).toBe(false)
  })
})
