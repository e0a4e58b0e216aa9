import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  beforeLost,
  behindLost,
  discontinuity,
  formatToken,
  lostWithin,
  markedGeneration,
  markOfGeneration,
  minRetentionMs,
  NO_RELEASES,
  parseToken,
  raiseToken,
  recordEpoch,
  releasesMark,
  runningEpoch,
} from './index.js'

const range = fc
  .tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }))
  .map(([from, length]) => ({ partition: 0, from, to: from + length }))
const inside = (offset: number, lost: readonly { from: number; to: number }[]) =>
  lost.some(({ from, to }) => from <= offset && offset < to)

describe('cuts', () => {
  it('are nothing to records outside of them, and never let an epoch fall', () => {
    const cut = range.chain(({ from, to }) => fc.nat(50).map((epoch) => ({ partition: 0, offset: from, to, epoch })))
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000), { minLength: 1, maxLength: 90 }),
        fc.array(cut, { maxLength: 3 }),
        (times, cuts) => {
          let running = 0
          for (const [offset, timeMs] of times.entries()) {
            const epoch = recordEpoch(running, { offset, timeMs }, 10, cuts)
            expect(epoch).toBeGreaterThanOrEqual(running)
            if (!cuts.some((c) => c.offset <= offset && offset < c.to))
              expect(epoch).toBe(runningEpoch(running, timeMs, 10))
            running = epoch
          }
        },
      ),
    )
  })

  it('put a mad record into the epoch that a person says, and the next one counts by its own time', () => {
    const cuts = [{ partition: 0, offset: 7, to: 8, epoch: 3 }]
    expect(recordEpoch(2, { offset: 7, timeMs: 9_999_999 }, 10, cuts)).toBe(3)
    expect(recordEpoch(3, { offset: 8, timeMs: 45 }, 10, cuts)).toBe(4)
  })
})

describe('lost ranges', () => {
  it('are passed as a whole, however they are cut up', () => {
    fc.assert(
      fc.property(fc.nat(90), fc.array(range, { maxLength: 5 }), (at, lost) => {
        const behind = behindLost(at, lost)
        expect(inside(behind, lost)).toBe(false)
        for (let offset = at; offset < behind; offset++) expect(inside(offset, lost)).toBe(true)
        const before = beforeLost(at, lost)
        expect(before === 0 || !inside(before - 1, lost)).toBe(true)
        for (let offset = before; offset < at; offset++) expect(inside(offset, lost)).toBe(true)
      }),
    )
  })

  it('within a range hold each given-up offset once', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(60), fc.array(range, { maxLength: 5 }), (from, length, lost) => {
        const offsets = lostWithin(from, from + length, lost).flatMap((part) =>
          Array.from({ length: part.to - part.from }, (_, i) => part.from + i),
        )
        const expected = Array.from({ length }, (_, i) => from + i).filter((offset) => inside(offset, lost))
        expect(offsets).toEqual(expected)
      }),
    )
  })
})

describe('the mark of releases', () => {
  const cut = { partition: 1, offset: 5, to: 6, epoch: 9 }
  it('is of one partition, whatever their order, and travels in a generation', () => {
    const lost = { partition: 1, from: 1, to: 2 }
    expect(releasesMark(NO_RELEASES, 1)).toBe('')
    expect(releasesMark({ cuts: [cut], lost: [] }, 0)).toBe('')
    const other = { ...cut, offset: 8, to: 9 }
    const mark = releasesMark({ cuts: [cut, other], lost: [lost] }, 1)
    expect(releasesMark({ cuts: [other, cut, cut], lost: [lost] }, 1)).toBe(mark)
    expect(releasesMark({ cuts: [cut], lost: [lost] }, 1)).not.toBe(mark)
    expect(markOfGeneration(markedGeneration(mark, 'any.text'))).toBe(mark)
    expect(markOfGeneration(markedGeneration('', 'any.text'))).toBe('')
  })
})

describe('the last record before a boundary', () => {
  const last = { offset: 41, timeMs: Date.UTC(2026, 0, 5), crc: 0xbeef }
  it('is the same, or was deleted by retention; anything else is named', () => {
    expect(discontinuity(last, last)).toBeNull()
    expect(discontinuity(last, 'deleted')).toBeNull()
    expect(discontinuity(last, 'none')).toMatch(/offset 41 .* 2026-01-05T00:00:00.000Z .*0000beef.* none/)
    for (const found of [
      { ...last, crc: 1 },
      { ...last, timeMs: last.timeMs + 1 },
    ])
      expect(discontinuity(last, found)).toContain('recreated or truncated')
  })
})

describe('the token of an answer', () => {
  const token = fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
    fc.dictionary(fc.nat(99).map(String), fc.nat()),
    { maxKeys: 4 },
  )
  it('comes back as it was, and of two the higher counts', () => {
    fc.assert(
      fc.property(token, token, (a, b) => {
        expect({ ...parseToken(formatToken(a)) }).toEqual(a)
        const raised = raiseToken(a, b)
        expect({ ...raiseToken(b, a) }).toEqual({ ...raised })
        for (const [stream, prefix] of Object.entries(a))
          for (const [partition, offset] of Object.entries(prefix))
            expect(raised[stream]?.[Number(partition)]).toBeGreaterThanOrEqual(offset)
      }),
    )
  })

  it('is nothing where it was made up', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(parseToken(text)).toBeNull()))
    expect(parseToken(`t1.${'A'.repeat(20_000)}`)).toBeNull()
  })
})

it('a topic keeps its records for three times what sealing them may take', () => {
  expect(minRetentionMs(3_600_000, 5_000)).toBe(3 * (25 * 3_600_000 + 5_000))
})
