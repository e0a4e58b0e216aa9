import { describe, expect, it } from 'vitest'
import type { BatchHeader } from './record-batch.js'
import { type AbortedTransaction, visibleBatches } from './visible-batches.js'

let at = 0
const batch = (producer: number, baseOffset: number, count: number, kind: 'plain' | 'txn' | 'marker'): BatchHeader => ({
  start: at++,
  end: at,
  baseOffset,
  lastOffset: baseOffset + count - 1,
  maxTimeMs: 0,
  logAppendTime: true,
  transactional: kind !== 'plain',
  control: kind === 'marker',
  producerId: BigInt(producer),
  codec: 0,
})
const aborted = (producer: number, firstOffset: number): AbortedTransaction => ({
  producerId: BigInt(producer),
  firstOffset,
})
const offsets = (batches: readonly BatchHeader[]): number[] => batches.map((b) => b.baseOffset)

describe('what a reader of committed records sees', () => {
  it('everything but markers where nothing was aborted', () => {
    const log = [batch(1, 0, 3, 'txn'), batch(1, 3, 1, 'marker'), batch(2, 4, 2, 'plain')]
    expect(offsets(visibleBatches(log, []))).toEqual([0, 4])
  })

  it('nothing of two aborted transactions that interleave, and all of the committed one between them', () => {
    const log = [
      batch(1, 0, 2, 'txn'), // aborted at 8
      batch(2, 2, 2, 'txn'), // aborted at 7
      batch(3, 4, 1, 'txn'), // committed at 6
      batch(1, 5, 1, 'txn'),
      batch(3, 6, 1, 'marker'),
      batch(2, 7, 1, 'marker'),
      batch(1, 8, 1, 'marker'),
      batch(1, 9, 1, 'txn'), // the same producer's next transaction, committed
      batch(1, 10, 1, 'marker'),
    ]
    expect(offsets(visibleBatches(log, [aborted(2, 2), aborted(1, 0)]))).toEqual([4, 9])
  })

  it('nothing of aborted transactions that began before the fetch did, however many they are', () => {
    const log = [
      batch(1, 100, 1, 'txn'),
      batch(2, 101, 1, 'txn'),
      batch(3, 102, 1, 'txn'),
      batch(1, 103, 1, 'marker'),
      batch(2, 104, 1, 'txn'),
    ]
    expect(offsets(visibleBatches(log, [aborted(1, 10), aborted(2, 11)]))).toEqual([102])
  })

  it('a commit of one producer does not end the aborted transaction of another', () => {
    const log = [
      batch(1, 0, 1, 'txn'),
      batch(2, 1, 1, 'txn'),
      batch(2, 2, 1, 'marker'),
      batch(1, 3, 1, 'txn'),
      batch(1, 4, 1, 'marker'),
    ]
    expect(offsets(visibleBatches(log, [aborted(1, 0)]))).toEqual([1])
  })

  it('two aborted transactions of one producer in a row are both hidden, the committed one after them is not', () => {
    const log = [
      batch(1, 0, 1, 'txn'),
      batch(1, 1, 1, 'marker'),
      batch(1, 2, 1, 'txn'),
      batch(1, 3, 1, 'marker'),
      batch(1, 4, 1, 'txn'),
      batch(1, 5, 1, 'marker'),
    ]
    expect(offsets(visibleBatches(log, [aborted(1, 0), aborted(1, 2)]))).toEqual([4])
  })

  it('records outside of transactions, whatever their producer aborted', () => {
    const log = [batch(1, 0, 1, 'txn'), batch(1, 1, 1, 'plain'), batch(1, 2, 1, 'marker')]
    expect(offsets(visibleBatches(log, [aborted(1, 0)]))).toEqual([1])
  })
})
