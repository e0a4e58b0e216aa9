import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KnownIds } from './known-ids.js'

describe('a duplicate', () => {
  test('is known in its own epoch and in the next, not two epochs later', () => {
    const known = new KnownIds(5)
    expect(known.meet('a', 5)).toBeNull()
    expect(known.meet('a', 5)).toBe(5)
    expect(known.meet('a', 6)).toBe(5)
    expect(known.meet('b', 6)).toBeNull()
    expect(known.meet('b', 8)).toBeNull()
  })

  test('is an occurrence itself: a record repeated in every epoch is counted once', () => {
    const known = new KnownIds(0)
    expect([0, 1, 2, 3, 3, 4].map((epoch) => known.meet('a', epoch))).toEqual([null, 0, 1, 2, 3, 3])
  })

  test('is known by what was stored of the two epochs that matter', () => {
    const known = new KnownIds(7)
    known.load(5, ['old'])
    known.load(6, ['before'])
    known.load(7, ['now'])
    expect([known.meet('old', 7), known.meet('before', 7), known.meet('now', 7)]).toEqual([null, 6, 7])
  })

  test('law: as the definition says, from any place on', () => {
    const records = fc.array(fc.tuple(fc.nat(3), fc.constantFrom('a', 'b', 'c'), fc.nat(3)), { maxLength: 40 })
    fc.assert(
      fc.property(records, fc.nat(40), (steps, cut) => {
        let epoch = 0
        const all = steps.map(([step, id]) => {
          epoch += Math.max(0, step - 1)
          return { id, epoch }
        })
        const from = Math.min(cut, all.length)
        const at = all[from - 1]?.epoch ?? 0
        const known = new KnownIds(at)
        for (const e of [at - 1, at])
          known.load(
            e,
            all
              .slice(0, from)
              .filter((r) => r.epoch === e)
              .map((r) => r.id),
          )
        for (let i = from; i < all.length; i++) {
          const { id, epoch: e } = all[i] as (typeof all)[number]
          const said = all.slice(0, i).some((r) => r.id === id && r.epoch >= e - 1)
          expect(known.meet(id, e) !== null).toBe(said)
        }
      }),
    )
  })
})
