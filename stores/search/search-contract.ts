import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EncodedCell } from '../../core/cell/cell.js'
import { cellKey } from '../../core/cell/cell-key.js'
import type { Scalar } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { count, decimal, defineStream, defineView, instant, quantile, sum, z } from '../../core/index.js'
import type { Segment } from '../../core/seam/segment.js'
import type { CoarseCells, SearchStore } from './search-port.js'

/** A document as someone who searches through the alias finds it. */
export interface FoundDocument {
  readonly id: string
  readonly source: Readonly<Record<string, unknown>>
}

export interface SearchUnderTest {
  readonly open: () => Promise<SearchStore>
  /** Documents behind the view's alias, in no order. */
  readonly find: (alias: string) => Promise<readonly FoundDocument[]>
  /** A view name that no other test has. */
  readonly unique: () => string
}

const HOUR_MS = 3_600_000
const WINDOW = Date.UTC(2024, 1, 29, 12)

export function describeSearchStore(name: string, { open, find, unique }: SearchUnderTest): void {
  describe(`${name}: search store`, () => {
    let search: SearchStore
    let view: ViewDefinition
    let alias: string

    beforeEach(async () => {
      search = await open()
      view = searches(unique())
      alias = `tandem-${view.name}`
      await search.ensureView(view)
    })

    afterEach(() => search.close())

    it('shows finished measures, dimensions and window of the segments in force, and of no others', async () => {
      await search.putSegment(view, segment(view, 's1'), hours(cell(WINDOW, ['생수', 30, 150, true], '3,450')))
      await search.putSegment(view, segment(view, 's2'), hours(cell(WINDOW, [null, null, null, null], '1,-5')))
      expect(await search.alias(view)).toBeNull()
      await search.setAlias(view, ['s1'])
      expect(await search.alias(view)).toEqual(['s1'])
      const [found, ...more] = await find(alias)
      expect(more).toEqual([])
      expect(found?.source).toEqual({
        window: WINDOW,
        resolution: 'hour',
        stream: 'visits',
        segment: 's1',
        word: '생수',
        age: 30,
        price: 1.5,
        stream_: true,
        searches: 3,
        spent: 4.5,
        fare: { p50: null, p95: null },
      })
      await search.setAlias(view, ['s2', 's1'])
      expect(await search.alias(view)).toEqual(['s1', 's2'])
      expect(await find(alias)).toHaveLength(2)
      await search.setAlias(view, [])
      expect(await find(alias)).toEqual([])
    })

    it('writes a segment twice as once', async () => {
      const cells = hours(cell(WINDOW, ['a', 1, 1, true], '1,1'), cell(WINDOW + HOUR_MS, ['a', 1, 1, true], '2,2'))
      await search.putSegment(view, segment(view, 's1'), cells)
      await search.ensureView(view)
      await search.putSegment(view, segment(view, 's1'), cells)
      await search.setAlias(view, ['s1'])
      const found = await find(alias)
      expect(found.map(({ source }) => source.searches).sort()).toEqual([1, 2])
    })

    it('shows hours and days of the same segments, each behind an alias of its own', async () => {
      const midnight = cell(Date.UTC(2024, 1, 29), ['a', 1, 1, true], '1,1')
      const noon = cell(WINDOW, ['a', 1, 1, true], '2,2')
      const day = cell(Date.UTC(2024, 1, 29), ['a', 1, 1, true], '3,3')
      await search.putSegment(view, segment(view, 's1'), { hours: [midnight, noon], days: [day] })
      await search.setAlias(view, ['s1'])
      const shown = async (of: string) =>
        (await find(of)).map(({ source }) => [source.resolution, source.window, source.searches])
      expect((await shown(alias)).sort()).toEqual([
        ['hour', Date.UTC(2024, 1, 29), 1],
        ['hour', WINDOW, 2],
      ])
      expect(await shown(`${alias}.days`)).toEqual([['day', Date.UTC(2024, 1, 29), 3]])
      await search.setAlias(view, [])
      expect([await shown(alias), await shown(`${alias}.days`)]).toEqual([[], []])
    })

    it('takes many cells, and texts too long to search for', async () => {
      const cells = Array.from({ length: 5_000 }, (_, i) => cell(WINDOW, [`word ${i}`, i, i, false], `${i},${i}`))
      const long = cell(WINDOW, ['x'.repeat(40_000), 1, 1, true], '1,1')
      await search.putSegment(view, segment(view, 's1'), hours(...cells, long))
      await search.putSegment(view, segment(view, 's2'), hours())
      await search.setAlias(view, ['s1', 's2'])
      expect(await find(alias)).toHaveLength(5_001)
    })

    it('says that a sum overflowed, in its document alone', async () => {
      await search.putSegment(view, segment(view, 's1'), hours(cell(WINDOW, ['a', 1, 1, true], '1,9007199254740993')))
      await search.setAlias(view, ['s1'])
      const [found] = await find(alias)
      expect(found?.source.overflow).toEqual(['spent'])
      expect(found?.source.searches).toBe(1)
      expect(found?.source).not.toHaveProperty('spent')
    })

    it('moves the alias to the index of a changed definition in one step', async () => {
      await search.putSegment(view, segment(view, 's1'), hours(cell(WINDOW, ['a', 1, 1, true], '1,1')))
      await search.setAlias(view, ['s1'])
      const changed = searches(view.name, 'changed')
      expect(changed.hash).not.toBe(view.hash)
      await search.ensureView(changed)
      expect(await search.alias(changed)).toBeNull()
      await search.putSegment(changed, segment(changed, 't1'), hours(cell(WINDOW, ['b', 1, 1, true], '1,1')))
      await search.setAlias(changed, ['t1'])
      expect(await search.alias(changed)).toEqual(['t1'])
      expect(await search.alias(view)).toBeNull()
      expect((await find(alias)).map(({ source }) => source.word)).toEqual(['b'])
    })

    it('filters by more segments than one terms query takes', async () => {
      await search.putSegment(view, segment(view, 's1'), hours(cell(WINDOW, ['a', 1, 1, true], '1,1')))
      const many = Array.from({ length: 70_000 }, (_, i) => `segment-${i}`)
      await search.setAlias(view, [...many, 's1'])
      expect(await search.alias(view)).toHaveLength(70_001)
      expect(await find(alias)).toHaveLength(1)
    })

    it('refuses a segment of another definition', async () => {
      const other = { ...segment(view, 's1'), viewHash: 'other' }
      await expect(search.putSegment(view, other, hours())).rejects.toThrow('segment s1 has hash other')
    })

    it('answers a ping', async () => {
      await search.ping()
    })
  })
}

/** A view with each kind of dimension, one of them named like a field that every document has. */
function searches(name: string, word = 'word'): ViewDefinition {
  const stream = defineStream({
    name: 'visits',
    schema: z.object({ word: z.string(), age: z.int(), price: decimal(2), member: z.boolean(), at: instant() }),
    eventTime: 'at',
  })
  return defineView(name, {
    from: stream,
    where: (e) => e.word.isNot(word),
    by: (e) => ({ word: e.word, age: e.age, price: e.price, stream: e.member }),
    measures: (e) => ({ searches: count(), spent: sum(e.price), fare: quantile(e.price, [0.5, 0.95]) }),
    windows: ['5m'],
  })
}

/** `numbers`: the registers of count and sum; the quantile has seen nothing, and nothing overflowed. */
function cell(windowStartMs: number, dims: readonly Scalar[], numbers: string): EncodedCell {
  return { key: cellKey(windowStartMs, dims), registers: `${numbers},,0` }
}

function segment(view: ViewDefinition, id: string): Segment {
  return {
    id,
    view: view.name,
    viewHash: view.hash,
    stream: 'visits',
    ranges: [],
    cells: 1,
    days: [20240229],
    checksum: 'c'.repeat(64),
  }
}

function hours(...cells: EncodedCell[]): CoarseCells {
  return { hours: cells, days: [] }
}
