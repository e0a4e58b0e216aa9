import { describe, expect, it } from 'vitest'
import type { HeldSnapshot, WarmStore } from './warm-port.js'

/** What every warm store keeps of restatements. `open` gives one over an empty database. */
export function describeHeldSnapshots(name: string, open: () => Promise<WarmStore>): void {
  describe(`${name}: held snapshots`, () => {
    it('keeps the first of an id, lists the newest first, by stream and by state', async () => {
      const warm = await open()
      try {
        const first = held('1-a', 'visits', 1)
        expect(await warm.putHeld(first)).toEqual(first)
        expect(await warm.putHeld({ ...first, heldAtMs: 9 })).toEqual(first)
        await warm.putHeld(held('2-b', 'visits', 2))
        await warm.putHeld(held('3-c', 'trips', 3))
        await warm.decideHeld('1-a', { state: 'rejected', decidedAtMs: 4, published: null })
        const ids = async (filter: Parameters<WarmStore['heldSnapshots']>[0]) =>
          (await warm.heldSnapshots(filter)).map(({ id }) => id)
        expect(await ids({ limit: 2 })).toEqual(['3-c', '2-b'])
        expect(await ids({ stream: 'visits', limit: 9 })).toEqual(['2-b', '1-a'])
        expect(await ids({ state: 'held', limit: 9 })).toEqual(['3-c', '2-b'])
        expect(await ids({ stream: 'visits', state: 'rejected', limit: 9 })).toEqual(['1-a'])
        expect(await warm.held('no')).toBeNull()
      } finally {
        await warm.close()
      }
    })

    it('is decided once, whoever asks last', async () => {
      const warm = await open()
      try {
        await warm.putHeld(held('1-a', 'visits', 1))
        const decisions = await Promise.all([
          warm.decideHeld('1-a', { state: 'published', decidedAtMs: 5, published: '1-a' }),
          warm.decideHeld('1-a', { state: 'rejected', decidedAtMs: 6, published: null }),
        ])
        const decided = await warm.held('1-a')
        expect(decided?.state).not.toBe('held')
        expect(decisions.map((one) => one?.state)).toContain(decided?.state)
        await warm.decideHeld('1-a', { state: 'rejected', decidedAtMs: 7, published: null })
        expect(await warm.held('1-a')).toEqual(decided)
        expect(await warm.decideHeld('no', { state: 'rejected', decidedAtMs: 7, published: null })).toBeNull()
      } finally {
        await warm.close()
      }
    })
  })
}

function held(id: string, stream: string, heldAtMs: number): HeldSnapshot {
  return {
    id,
    stream,
    reason: 'refresh',
    state: 'held',
    segments: ['s1', 's2'],
    diff: {
      base: '0-base',
      windows: 4,
      changedWindows: 1,
      views: [
        {
          view: 'words',
          redefined: false,
          windows: 4,
          changedWindows: 1,
          rowsAdded: 0,
          rowsRemoved: 0,
          rowsChanged: 1,
          totals: [
            { measure: 'searches', before: 1, after: 'overflow' },
            { measure: 'spread', before: { p50: null, p99_9: 2 }, after: null },
          ],
          movers: [
            { measure: 'searches', windowStartMs: 60_000, dimensions: { word: null }, before: null, after: 1.5 },
          ],
        },
      ],
    },
    because: ['too much'],
    heldAtMs,
    decidedAtMs: null,
    published: null,
  }
}
