import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { markOfGeneration } from '../../core/seam/releases.js'
import type { Delta, HotCell, HotCursor, HotState, HotStore, Keyspace } from './hot-port.js'

const cell = (epoch: number, key: string, registers: string, resolutionMs = 60_000): HotCell => ({
  view: 'searches',
  resolutionMs,
  epoch,
  key,
  registers,
})
const byKey = (cells: readonly HotCell[]): readonly HotCell[] => {
  const named = cells.map((c) => [`${c.epoch} ${c.resolutionMs} ${c.view} ${c.key}`, c] as const)
  return named.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, c]) => c)
}

/** A mirror as a reader keeps it. */
class Mirror {
  cells = new Map<string, HotCell>()
  state: HotState | null = null
  resets = 0
  calls = 0
  #cursor: HotCursor | undefined

  constructor(
    private readonly hot: HotStore,
    private readonly keyspace: Keyspace,
  ) {}

  /** One step; true where the mirror is usable. */
  async step(): Promise<boolean> {
    const changes = await this.hot.follow(this.keyspace, 0, this.#cursor)
    this.calls++
    this.#cursor = changes.cursor
    if (changes.reset) {
      this.cells.clear()
      this.resets++
    }
    for (const c of changes.cells) this.cells.set(`${c.view} ${c.resolutionMs} ${c.epoch} ${c.key}`, c)
    if (changes.complete) this.state = changes.state
    return changes.complete
  }

  async catchUp(): Promise<readonly HotCell[]> {
    while (!(await this.step())) expect(this.calls).toBeLessThan(10_000)
    const { state } = this
    return byKey([...this.cells.values()].filter((c) => state !== null && c.epoch >= state.floor))
  }
}

/** What every hot store promises; the in-memory one and Redis pass the same suite. `openSmall` keeps a feed of about 10 small calls. */
export function describeHotStore(
  name: string,
  adapter: { open: () => Promise<HotStore>; openSmall: () => Promise<HotStore>; unique: () => string },
): void {
  describe(`${name}: hot store`, () => {
    let hot: HotStore
    let small: HotStore
    beforeAll(async () => {
      hot = await adapter.open()
      small = await adapter.openSmall()
    })
    afterAll(async () => {
      await hot?.close()
      await small?.close()
    })
    const fresh = (): Keyspace => ({ stream: adapter.unique(), viewSet: '0123456789abcdef' })
    let nonces = 0
    const delta = (state: HotState, to: number, cells: readonly HotCell[], more: Partial<Delta> = {}): Delta => ({
      generation: state.generation,
      from: state.next,
      to,
      epoch: Math.max(state.epoch, ...cells.map((c) => c.epoch)),
      floor: state.floor,
      maxEventTimeMs: 1_700_000_000_000 + to,
      last: { offset: to - 1, timeMs: 1_700_000_000_000, crc: 0xffff_ffff },
      nonce: `n${++nonces}`,
      cells,
      ...more,
    })
    const current = async (store: HotStore, keyspace: Keyspace): Promise<HotState> => {
      const state = await store.state(keyspace, 0)
      if (!state) throw new Error('no hot state')
      return state
    }

    it('has no state before it is opened, and says so everywhere', async () => {
      const keyspace = fresh()
      expect(await hot.state(keyspace, 0)).toBeNull()
      expect(await hot.load(keyspace, 0)).toBeNull()
      expect(await hot.partitions(keyspace)).toEqual([])
      expect(await hot.follow(keyspace, 0, undefined)).toMatchObject({
        state: null,
        reset: true,
        cells: [],
        complete: true,
      })
      await hot.drop(keyspace, 0, 5)
      expect(await hot.state(keyspace, 0)).toBeNull()
      const nowhere = { generation: 'g', next: 0, epoch: 0, floor: 0 } as HotState
      expect(await hot.apply(keyspace, 0, delta(nowhere, 1, []))).toEqual({ kind: 'refused', stored: null })
    })

    it('opens once: the second one finds the state of the first', async () => {
      const keyspace = fresh()
      const first = await hot.open(keyspace, 3, { offset: 40, epoch: 7 })
      expect(first).toMatchObject({
        next: 40,
        epoch: 7,
        floor: 7,
        since: 40,
        maxEventTimeMs: null,
        last: null,
        epochs: [],
      })
      expect(await hot.open(keyspace, 3, { offset: 90, epoch: 9 })).toEqual(first)
      const other = await hot.open(keyspace, 1, { offset: 0, epoch: 0 })
      expect(other.generation).not.toBe(first.generation)
      expect(await hot.partitions(keyspace)).toEqual([1, 3])
      expect(await hot.keyspaces()).toContainEqual(keyspace)
    })

    it('drops a keyspace whole, and knows it again once somebody opens it', async () => {
      const keyspace = fresh()
      await hot.open(keyspace, 0, { offset: 5, epoch: 1 })
      const before = await hot.open(keyspace, 1, { offset: 7, epoch: 1 })
      await hot.dropKeyspace(keyspace)
      expect(await hot.state(keyspace, 0)).toBeNull()
      expect(await hot.partitions(keyspace)).toEqual([])
      expect(await hot.keyspaces()).not.toContainEqual(keyspace)
      await hot.dropKeyspace(keyspace)
      const after = await hot.open(keyspace, 1, { offset: 9, epoch: 2 })
      expect(after.generation).not.toBe(before.generation)
      expect(await hot.partitions(keyspace)).toEqual([1])
      expect(await hot.keyspaces()).toContainEqual(keyspace)
    })

    it('forgets a state of one generation, and tells followers and owner that it is gone', async () => {
      const keyspace = fresh()
      const first = await hot.open(keyspace, 0, { offset: 5, epoch: 1, mark: '0123456789ab' })
      expect(markOfGeneration(first.generation)).toBe('0123456789ab')
      await hot.apply(keyspace, 0, delta(first, 9, [cell(1, 'a', '[1]')]))
      const { cursor } = await hot.follow(keyspace, 0, undefined)
      await hot.forget(keyspace, 0, 'another')
      expect(await hot.state(keyspace, 0)).toMatchObject({ next: 9 })
      await hot.forget(keyspace, 0, first.generation)
      expect(await hot.state(keyspace, 0)).toBeNull()
      expect(await hot.load(keyspace, 0)).toBeNull()
      expect(await hot.follow(keyspace, 0, cursor)).toMatchObject({ state: null, reset: true, cells: [] })
      expect(await hot.apply(keyspace, 0, delta(first, 12, []))).toEqual({ kind: 'refused', stored: null })
      const second = await hot.open(keyspace, 0, { offset: 5, epoch: 1 })
      expect(markOfGeneration(second.generation)).toBe('')
      expect(await hot.load(keyspace, 0)).toMatchObject({ cells: [] })
    })

    it('applies a delta: cells, offset, epoch, event time, last record and nonce together', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      const cells = [cell(2, '[60000,"İΑΣ 👍","f"]', '[9007199254740991,-1]'), cell(2, '[0,null]', '[1]', 300_000)]
      const d = delta(state, 9_007_199_254_740_991, cells, { maxEventTimeMs: 9_007_199_254_740_990 })
      expect(await hot.apply(keyspace, 0, d)).toEqual({ kind: 'applied', floor: 0 })
      const { generation, since, floor } = state
      const expected = {
        generation,
        since,
        floor,
        next: d.to,
        epoch: 2,
        maxEventTimeMs: d.maxEventTimeMs,
        last: d.last,
        nonce: d.nonce,
        epochs: [2],
      }
      expect(await current(hot, keyspace)).toEqual(expected)
      const loaded = await hot.load(keyspace, 0)
      expect(loaded?.state).toEqual(expected)
      expect(byKey(loaded?.cells ?? [])).toEqual(byKey(cells))
    })

    it('moves the offset by a delta without cells, and keeps null event time and last record', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 5, epoch: 1 })
      await hot.apply(keyspace, 0, delta(state, 8, [], { maxEventTimeMs: null, last: null }))
      expect(await current(hot, keyspace)).toMatchObject({
        next: 8,
        epoch: 1,
        maxEventTimeMs: null,
        last: null,
        epochs: [],
      })
    })

    it('replaces registers by the absolute ones of a later delta', async () => {
      const keyspace = fresh()
      await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      await hot.apply(keyspace, 0, delta(await current(hot, keyspace), 1, [cell(1, 'a', '[1]'), cell(1, 'b', '[1]')]))
      await hot.apply(keyspace, 0, delta(await current(hot, keyspace), 2, [cell(1, 'a', '[2]')]))
      expect(byKey((await hot.load(keyspace, 0))?.cells ?? [])).toEqual([cell(1, 'a', '[2]'), cell(1, 'b', '[1]')])
    })

    it('refuses a delta that does not start where the stored state ends, and changes nothing', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      await hot.apply(keyspace, 0, delta(state, 10, [cell(1, 'a', '[1]')]))
      const stored = await current(hot, keyspace)
      for (const refused of [
        delta(state, 12, [cell(1, 'a', '[9]')]),
        delta({ ...stored, next: 11 }, 12, [cell(1, 'a', '[9]')]),
        delta({ ...stored, generation: 'another' }, 12, [cell(1, 'a', '[9]')]),
        delta({ ...stored, floor: stored.floor + 1 }, 12, [cell(1, 'a', '[9]')]),
      ]) {
        expect(await hot.apply(keyspace, 0, refused)).toEqual({ kind: 'refused', stored })
      }
      expect(await hot.load(keyspace, 0)).toEqual({ state: stored, cells: [cell(1, 'a', '[1]')] })
    })

    it('knows a call again whose reply was lost, also after a drop', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      const d = delta(state, 10, [cell(1, 'a', '[1]')])
      await hot.apply(keyspace, 0, d)
      expect(await hot.apply(keyspace, 0, d)).toEqual({ kind: 'already-applied', floor: 0 })
      await hot.drop(keyspace, 0, 1)
      expect(await hot.apply(keyspace, 0, d)).toEqual({ kind: 'already-applied', floor: 1 })
    })

    it('refuses in words what may not be written', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      const many = Array.from({ length: 20_001 }, (_, i) => cell(1, `k${i}`, '[1]'))
      const bad: [Delta, RegExp][] = [
        [delta(state, 0, []), /covers nothing/],
        [delta(state, 1.5, []), /whole number/],
        [delta(state, 1, many), /20001 cells/],
        [delta(state, 1, [cell(1, 'k', 'x'.repeat(4_000_001))]), /bytes/],
        [delta(state, 1, [cell(1, 'k', '')]), /empty/],
        [delta(state, 1, [cell(1, '', '[1]')]), /empty/],
      ]
      for (const [d, reason] of bad) await expect(hot.apply(keyspace, 0, d)).rejects.toThrow(reason)
      expect(await current(hot, keyspace)).toEqual(state)
    })

    it('takes a delta of the largest size, over many epochs', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      const many = Array.from({ length: 20_000 }, (_, i) => cell(i % 700, `[${i},"${'k'.repeat(40)}"]`, `[${i},1]`))
      expect(await hot.apply(keyspace, 0, delta(state, 1, many))).toMatchObject({ kind: 'applied' })
      const loaded = await hot.load(keyspace, 0)
      expect(loaded?.state.epochs).toHaveLength(700)
      expect(byKey(loaded?.cells ?? [])).toEqual(byKey(many))
    })

    it('drops the epochs below a floor, raises it for good, and resurrects none of them', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      await hot.apply(keyspace, 0, delta(state, 10, [cell(1, 'a', '[1]'), cell(2, 'a', '[2]'), cell(10, 'a', '[3]')]))
      await hot.drop(keyspace, 0, 2)
      await hot.drop(keyspace, 0, 1)
      const dropped = await current(hot, keyspace)
      expect(dropped).toMatchObject({ floor: 2, next: 10, epochs: [2, 10] })
      // an owner that has not heard of the drop yet
      const d = delta({ ...dropped, floor: 0 }, 12, [cell(1, 'a', '[5]'), cell(2, 'a', '[6]')])
      expect(await hot.apply(keyspace, 0, d)).toEqual({ kind: 'applied', floor: 2 })
      const loaded = await hot.load(keyspace, 0)
      expect(loaded?.state).toMatchObject({ next: 12, epochs: [2, 10] })
      expect(byKey(loaded?.cells ?? [])).toEqual([cell(10, 'a', '[3]'), cell(2, 'a', '[6]')])
    })

    it('keeps the ids of the last epoch and of the one before, as of one state', async () => {
      const keyspace = fresh()
      const ids = async (state: HotState) =>
        (await hot.ids(keyspace, 0, state))?.map(({ epoch, ids }) => ({ epoch, ids: [...ids].sort() }))
      const first = await hot.open(keyspace, 0, { offset: 0, epoch: 3 })
      expect(await ids(first)).toEqual([
        { epoch: 2, ids: [] },
        { epoch: 3, ids: [] },
      ])
      await hot.apply(keyspace, 0, delta(first, 2, [], { ids: [{ epoch: 3, ids: ['"a"', '"\\n👍"'] }] }))
      const second = await current(hot, keyspace)
      expect(await ids(first)).toBeUndefined()
      expect(await ids(second)).toEqual([
        { epoch: 2, ids: [] },
        { epoch: 3, ids: ['"\\n👍"', '"a"'].sort() },
      ])
      const both = [
        { epoch: 3, ids: ['"c"'] },
        { epoch: 4, ids: ['"a"', '"d"'] },
      ]
      await hot.apply(keyspace, 0, delta({ ...second, epoch: 4 }, 5, [], { ids: both }))
      // a drop takes no ids: the next record may repeat them
      await hot.drop(keyspace, 0, 9)
      const third = await current(hot, keyspace)
      expect(await ids(third)).toEqual([
        { epoch: 3, ids: ['"\\n👍"', '"a"', '"c"'].sort() },
        { epoch: 4, ids: ['"a"', '"d"'] },
      ])
      await hot.apply(keyspace, 0, delta({ ...third, epoch: 5 }, 6, [], { ids: [{ epoch: 5, ids: ['"e"'] }] }))
      await hot.apply(keyspace, 0, delta({ ...(await current(hot, keyspace)), epoch: 4 }, 7, []))
      expect((await ids(await current(hot, keyspace)))?.map(({ ids }) => ids.length)).toEqual([0, 2])
    })

    it('writes no id of a delta that is refused, and every one of the largest', async () => {
      const keyspace = fresh()
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      await hot.apply(keyspace, 0, delta({ ...state, next: 1 }, 2, [], { ids: [{ epoch: 0, ids: ['"x"'] }] }))
      const many = Array.from({ length: 20_000 }, (_, i) => `"${'k'.repeat(40)}${i}"`)
      await hot.apply(keyspace, 0, delta(state, 1, [cell(0, 'a', '[1]')], { ids: [{ epoch: 0, ids: many }] }))
      const found = (await hot.ids(keyspace, 0, await current(hot, keyspace)))?.[1]?.ids ?? []
      expect(new Set(found)).toEqual(new Set(many))
      expect((await hot.load(keyspace, 0))?.cells).toEqual([cell(0, 'a', '[1]')])
      const next = await current(hot, keyspace)
      for (const [ids, reason] of [
        [[{ epoch: 0, ids: [...many, '"one more"'] }], /20001 ids/],
        [[{ epoch: 1, ids: ['"x"'] }], /ids of epoch 1 in a delta that ends in epoch 0/],
        [[{ epoch: 0, ids: [] }], /empty list of ids/],
      ] as const)
        await expect(hot.apply(keyspace, 0, delta(next, 2, [], { ids }))).rejects.toThrow(reason)
    })

    it('lets a follower see each call once and in order', async () => {
      const keyspace = fresh()
      await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      const mirror = new Mirror(hot, keyspace)
      expect(await mirror.catchUp()).toEqual([])
      for (let n = 1; n <= 30; n++) {
        await hot.apply(keyspace, 0, delta(await current(hot, keyspace), n, [cell(1, `k${n % 7}`, `[${n}]`)]))
        if (n % 10 === 0) await hot.drop(keyspace, 0, 0)
        if (n % 3 === 0) expect(await mirror.catchUp()).toEqual(byKey((await hot.load(keyspace, 0))?.cells ?? []))
        if (n % 3 === 0) expect(mirror.state).toEqual(await current(hot, keyspace))
      }
      expect(mirror.resets).toBe(1)
    })

    it('tells followers of a drop', async () => {
      const keyspace = fresh()
      const mirror = new Mirror(hot, keyspace)
      const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      await hot.apply(keyspace, 0, delta(state, 1, [cell(1, 'a', '[1]'), cell(2, 'b', '[1]')]))
      expect(await mirror.catchUp()).toHaveLength(2)
      await hot.drop(keyspace, 0, 2)
      expect(await mirror.catchUp()).toEqual([cell(2, 'b', '[1]')])
      expect(mirror.state?.floor).toBe(2)
    })

    it('fills a follower in chunks while the cells change, and is exact at the end', async () => {
      const keyspace = fresh()
      const mirror = new Mirror(hot, keyspace)
      await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
      for (let n = 1; n <= 3; n++) {
        const cells = Array.from({ length: 15_000 }, (_, i) => cell(n, `[${i}]`, '[0]'))
        await hot.apply(keyspace, 0, delta(await current(hot, keyspace), n, cells))
      }
      for (let n = 4; !(await mirror.step()); n++) {
        const cells = Array.from({ length: 500 }, (_, i) => cell((i % 4) + 1, `[${(i * n * 31) % 16_000}]`, `[${n}]`))
        if (n < 12) await hot.apply(keyspace, 0, delta(await current(hot, keyspace), n, cells))
        if (n === 6) await hot.drop(keyspace, 0, 2)
      }
      expect(mirror.calls).toBeGreaterThan(3)
      const loaded = await hot.load(keyspace, 0)
      expect(mirror.state).toEqual(loaded?.state)
      expect(await mirror.catchUp()).toEqual(byKey(loaded?.cells ?? []))
    })

    it('starts a follower again that fell too far behind', async () => {
      const keyspace = fresh()
      const mirror = new Mirror(small, keyspace)
      const state = await small.open(keyspace, 0, { offset: 0, epoch: 0 })
      await small.apply(keyspace, 0, delta(state, 1, [cell(1, 'gone', '[1]')]))
      await mirror.catchUp()
      for (let n = 2; n <= 9; n++)
        await small.apply(keyspace, 0, delta(await current(small, keyspace), n, [cell(2, `k${n}`, '[1]')]))
      expect(await mirror.catchUp()).toHaveLength(9)
      expect(mirror.resets).toBe(1)
      for (let n = 10; n <= 40; n++)
        await small.apply(keyspace, 0, delta(await current(small, keyspace), n, [cell(2, 'k', `[${n}]`)]))
      expect(await mirror.catchUp()).toEqual(byKey((await small.load(keyspace, 0))?.cells ?? []))
      expect(mirror.resets).toBe(2)
    })

    it('keeps health reports until they expire, the newest of each instance', async () => {
      const instance = adapter.unique()
      const report = {
        layer: 'speed' as const,
        instance,
        atMs: 1,
        ready: true,
        detail: { lag: 5, halted: [{ partition: 1, reason: 'x' }] },
      }
      const mine = async () => (await hot.health()).filter((r) => r.instance === instance)
      await hot.reportHealth({ ...report, ready: false }, 60_000)
      await hot.reportHealth(report, 60_000)
      expect(await mine()).toEqual([report])
      await hot.reportHealth(report, 1)
      await expect.poll(mine).toEqual([])
    })
  })
}
