import { describe, expect, it } from 'vitest'
import type { SourceStates } from './source-states.js'

/** What sources rely on, whatever remembers. */
export function describeSourceStates(name: string, open: () => Promise<SourceStates>): void {
  describe(`${name}: source states`, () => {
    it('has nothing of a source that never ran, and keeps what is put, keys that are no words of a database included', async () => {
      const states = await open()
      expect(await states.state('shop')).toEqual({ source: 'shop', cursor: null, good: [], open: null })
      const state = {
        source: 'shop',
        cursor: { 'a.b': { $c: 1 } },
        good: [{ run: 'r1', landing: 'r0', scheduledMs: 5 }],
        open: { run: 'r2', scheduledMs: 7, goOnUntilMs: 9, cursor: ['x', null] },
      }
      await states.putState(state)
      await states.putState(state)
      expect(await states.state('shop')).toEqual(state)
      expect((await states.state('other')).good).toEqual([])
      await states.close()
    })

    it('lets one run work on a source at a time, until it ends or its time is over', async () => {
      const states = await open()
      expect(await states.hold('shop', 'r1', { nowMs: 0, untilMs: 60 })).toBe('r1')
      expect(await states.hold('shop', 'r2', { nowMs: 10, untilMs: 70 })).toBe('r1')
      expect(await states.hold('other', 'r2', { nowMs: 10, untilMs: 70 })).toBe('r2')
      expect(await states.hold('shop', 'r1', { nowMs: 30, untilMs: 90 })).toBe('r1')
      expect(await states.hold('shop', 'r2', { nowMs: 89, untilMs: 150 })).toBe('r1')
      expect(await states.hold('shop', 'r2', { nowMs: 90, untilMs: 150 })).toBe('r2')
      await states.release('shop', 'r1')
      expect(await states.hold('shop', 'r1', { nowMs: 91, untilMs: 151 })).toBe('r2')
      await states.release('shop', 'r2')
      const holders = await Promise.all(
        ['r3', 'r4', 'r5'].map((run) => states.hold('shop', run, { nowMs: 92, untilMs: 152 })),
      )
      expect(new Set(holders).size).toBe(1)
      await states.close()
    })

    it('gives a day no more requests than it has, takes back what was not used, and begins each day anew', async () => {
      const states = await open()
      expect(await states.takeQuota('shop', '20240301', 20, 50)).toBe(20)
      expect(await Promise.all([1, 2, 3].map(() => states.takeQuota('shop', '20240301', 20, 50)))).toEqual(
        expect.arrayContaining([20, 10, 0]),
      )
      await states.returnQuota('shop', '20240301', 4)
      expect(await states.takeQuota('shop', '20240301', 20, 50)).toBe(4)
      expect(await states.takeQuota('shop', '20240302', 20, 50)).toBe(20)
      expect(await states.takeQuota('other', '20240301', 20, 50)).toBe(20)
      await states.close()
    })

    it('remembers the items of an intent once it is settled, the last text of each, and settles once', async () => {
      const states = await open()
      expect(await states.intent('shop')).toBeNull()
      const intent = {
        from: [{ partition: 0, offset: 12 }],
        records: [{ key: 'a', value: '{"n":1}' }],
        items: [{ id: 'a', text: '{"n":1}' }],
      }
      await states.putIntent('shop', intent)
      expect(await states.intent('shop')).toEqual(intent)
      expect(await states.items('shop', ['a', 'b'])).toEqual(new Map())
      await states.settleIntent('shop')
      await states.settleIntent('shop')
      expect(await states.intent('shop')).toBeNull()
      await states.putIntent('shop', { ...intent, items: [{ id: 'a', text: '{"n":2}' }] })
      await states.settleIntent('shop')
      expect(await states.items('shop', ['a', 'b'])).toEqual(new Map([['a', '{"n":2}']]))
      expect(await states.items('other', ['a'])).toEqual(new Map())
      await states.close()
    })
  })
}
