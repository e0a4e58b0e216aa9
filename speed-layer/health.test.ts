import { describe, expect, it } from 'vitest'
import { wordsPlan } from '../test/support/lane-bench.js'
import type { StreamReader } from './consume.js'
import { Health, type StreamHealth } from './health.js'
import type { Condition, PartitionStatus } from './partition-status.js'

const plan = wordsPlan()
const status = (
  partition: number,
  next: number,
  records: number,
  condition: Condition = { kind: 'running' },
): PartitionStatus => ({
  stream: 'words',
  partition,
  condition,
  position: next,
  next,
  highWatermark: next,
  records,
  cells: 1,
  flushMs: 2,
  freshnessMs: 3,
})
const reader = (trouble: string | null) => ({ plan, consumer: {} as StreamReader['consumer'], trouble: () => trouble })
const words = (report: { detail: Readonly<Record<string, unknown>> }) =>
  (report.detail['streams'] as { words: StreamHealth }).words

describe('the health report', () => {
  it('says lag against the ends of the log, and rates since the report before', () => {
    let nowMs = 1_000
    const health = new Health('one', { now: () => nowMs })
    health.update([reader(null)], [status(1, 10, 10), status(0, 20, 20)], new Map())
    nowMs += 2_000
    const ends = new Map([
      ['words/0', 300],
      ['words/1', 110],
    ])
    const report = health.update([reader(null)], [status(1, 110, 110), status(0, 220, 220)], ends)
    expect(report).toMatchObject({ layer: 'speed', instance: 'one', atMs: 3_000, ready: true })
    expect(words(report)).toMatchObject({ lag: 80, eventsPerSecond: 150, trouble: null })
    expect(words(report).partitions.map((p) => [p.partition, p.lag, p.eventsPerSecond])).toEqual([
      [0, 80, 100],
      [1, 0, 50],
    ])
  })

  it('is not ready while Kafka is silent, or a partition waits or has halted, and says why', () => {
    const health = new Health('one', { now: () => 0 })
    const silent = health.update([reader('no broker')], [status(0, 1, 1)], new Map())
    expect([silent.ready, words(silent).trouble]).toEqual([false, 'no broker'])
    for (const condition of [
      { kind: 'waiting', reason: 'full' },
      { kind: 'halted', reason: 'lost' },
      { kind: 'opening' },
    ] as const) {
      const report = health.update([reader(null)], [status(0, 1, 1, condition)], new Map())
      expect([report.ready, words(report).partitions[0]?.condition]).toEqual([false, condition])
    }
  })
})
