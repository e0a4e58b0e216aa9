import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutPartition, endsEpoch, epochOf, runningEpoch } from './index.js'

const time = fc.integer({ min: -(10 ** 13), max: 10 ** 13 })
const length = fc.integer({ min: 1, max: 7 * 86_400_000 })

describe('epochs', () => {
  it('adjoin: the end of one is the start of the next, start inclusive, also before 1970', () => {
    fc.assert(
      fc.property(time, length, (timeMs, epochMs) => {
        const epoch = epochOf(timeMs, epochMs)
        expect(epochOf(epoch * epochMs, epochMs)).toBe(epoch)
        expect(epochOf((epoch + 1) * epochMs - 1, epochMs)).toBe(epoch)
        expect(epochOf((epoch + 1) * epochMs, epochMs)).toBe(epoch + 1)
      }),
    )
  })

  it('never fall within a partition, whatever its clock does, and are as late as the latest record', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1 }), length, (times, epochMs) => {
        let running = epochOf(times[0] ?? 0, epochMs)
        for (const [i, timeMs] of times.entries()) {
          const next = runningEpoch(running, timeMs, epochMs)
          expect(next).toBeGreaterThanOrEqual(running)
          running = next
          expect(running).toBe(epochOf(Math.max(...times.slice(0, i + 1)), epochMs))
        }
      }),
    )
  })

  it('put every record into exactly one sealed range, wherever seals come in between', () => {
    const log = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 40 })
    fc.assert(
      fc.property(log, fc.array(fc.nat(40), { maxLength: 12 }), (times, ends) => {
        // what seal(E) can see grows between two seals, as the log does
        let from = { offset: 0, epoch: 0 }
        for (const [sealing, end] of ends.sort((a, b) => a - b).entries()) {
          let running = from.epoch
          let cut: number | null = null
          for (let offset = from.offset; offset < Math.min(end, times.length) && cut === null; offset++) {
            running = runningEpoch(running, times[offset] ?? 0, 10)
            if (endsEpoch(running, sealing)) cut = offset
          }
          const { to, epoch, open } = cutPartition(from, cut, sealing)
          expect(open).toBe(cut === null)
          from = { offset: to, epoch }
          const epochs = times.map((_, i) => Math.max(...times.slice(0, i + 1).map((t) => epochOf(t, 10))))
          // below the boundary everything is older than its epoch, at or beyond it nothing is
          for (const [offset, own] of epochs.entries()) expect(own < epoch).toBe(offset < to)
        }
      }),
    )
  })

  it('cannot be cut before the partition begins', () => {
    expect(() => cutPartition({ offset: 10, epoch: 3 }, 9, 4)).toThrow(/epoch 4: cut at offset 9 .* start 10/)
  })
})
