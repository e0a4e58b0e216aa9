// One file over 300 lines, as manifests, snapshots and their names are tested on the same small histories.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Boundary,
  checkChain,
  type EpochManifest,
  extendSnapshot,
  firstManifestFrom,
  type ManifestPartition,
  missingRanges,
  replaceSegments,
  restateViews,
  rollback,
  type Segment,
  type SegmentRange,
  type Snapshot,
  segmentId,
  validateSnapshot,
  viewSetOf,
} from './index.js'

const VIEWS = [
  { name: 'searches', hash: 's1' },
  { name: 'log.ledger', hash: 'l1' },
]

function partition(number: number, from: number, to: number, epoch: number, open = false): ManifestPartition {
  const counts = { read: to - from, accepted: to - from, rejected: 0, duplicates: 0, ticks: 0 }
  return { partition: number, from, to, epoch, open, ...counts, last: null, lost: [], files: [] }
}

function manifest(
  epoch: number,
  partitions: readonly ManifestPartition[],
  more: Partial<EpochManifest> = {},
): EpochManifest {
  const fixed = {
    version: 1 as const,
    stream: 'log',
    streamHash: 'h',
    epochMs: 60_000,
    sealedAtMs: 0,
    attempt: 'a',
    cuts: [],
  }
  return { ...fixed, epoch, partitions, ...more }
}

function segment(view: { name: string; hash: string }, ranges: readonly SegmentRange[], input = 'file'): Segment {
  const id = segmentId(view.hash, 'log', ranges, [input])
  return { id, view: view.name, viewHash: view.hash, stream: 'log', ranges, cells: 1, days: [], checksum: '' }
}

const range = (p: number, from: readonly [number, number], to: readonly [number, number]): SegmentRange => ({
  partition: p,
  from: { offset: from[0], epoch: from[1] },
  to: { offset: to[0], epoch: to[1] },
})

/** Seals and publishes one manifest after another, each with one segment per view. */
function publishAll(manifests: readonly EpochManifest[], views = VIEWS): Snapshot[] {
  const published: Snapshot[] = []
  let previous: EpochManifest | null = null
  for (const next of manifests) {
    checkChain(previous, next)
    const base = published.at(-1) ?? null
    const ranges = rangesOf(previous, next)
    const segments = ranges.length > 0 ? views.map((view) => segment(view, ranges)) : []
    const snapshot = extendSnapshot({ base, manifests: [next], views, segments, nowMs: next.epoch })
    validateSnapshot(base, snapshot)
    published.push(snapshot)
    previous = next
  }
  return published
}

function rangesOf(previous: EpochManifest | null, next: EpochManifest): SegmentRange[] {
  return next.partitions
    .filter((p) => !p.open)
    .map((p) => ({
      partition: p.partition,
      from: { offset: p.from, epoch: firstManifestFrom(previous, p.partition, { earliest: p.from }).epoch },
      to: { offset: p.to, epoch: p.epoch },
    }))
}

const three = [
  manifest(5, [partition(0, 100, 110, 6), partition(1, 0, 0, 0, true)]),
  manifest(6, [partition(0, 110, 110, 6, true), partition(1, 0, 4, 7)]),
  manifest(7, [partition(0, 110, 130, 8), partition(1, 4, 4, 8)]),
]

/** Random chains of manifests: partitions appear, stay open, or end with or without new offsets. */
const chains = fc
  .array(fc.array(fc.record({ open: fc.boolean(), length: fc.nat(5) }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((epochs) => {
    const ends = new Map<number, { offset: number; epoch: number }>()
    let partitions = 1
    return epochs.map((steps, i) => {
      const epoch = i * 2
      partitions = Math.max(partitions, steps.length)
      return manifest(
        epoch,
        Array.from({ length: partitions }, (_, p) => {
          const { open, length } = steps[p % steps.length] ?? { open: true, length: 0 }
          const from = ends.get(p) ?? { offset: p * 10, epoch: 0 }
          const to = open ? from : { offset: from.offset + length, epoch: epoch + 1 }
          ends.set(p, to)
          return partition(p, from.offset, to.offset, to.epoch, open)
        }),
      )
    })
  })

describe('publishing', () => {
  it('tiles every view from its first offset to the boundary, whatever was open, empty or new', () => {
    fc.assert(
      fc.property(chains, (manifests) => {
        const last = publishAll(manifests).at(-1) as Snapshot
        for (const view of VIEWS) {
          const segments = last.segments.filter((s) => s.view === view.name)
          expect(missingRanges(last.first, last.boundary, segments)).toEqual([])
          for (const [p, end] of Object.entries(last.boundary)) {
            const lengths = segments.flatMap((s) => s.ranges).filter((r) => r.partition === Number(p))
            const covered = lengths.reduce((sum, r) => sum + r.to.offset - r.from.offset, 0)
            expect(covered).toBe(end.offset - (last.first[Number(p)]?.offset ?? 0))
          }
        }
      }),
    )
  })

  it('gives the same whether epochs are published one by one or together', () => {
    fc.assert(
      fc.property(chains, (manifests) => {
        const one = publishAll(manifests).at(-1) as Snapshot
        const together = extendSnapshot({ base: null, manifests, views: VIEWS, segments: one.segments, nowMs: 1 })
        validateSnapshot(null, together)
        expect(together.boundary).toEqual(one.boundary)
        expect(together.first).toEqual(one.first)
        expect(together.segments).toEqual(one.segments)
      }),
    )
  })

  it('refuses a snapshot from which any one segment was left out or in which one lies twice', () => {
    fc.assert(
      fc.property(chains, fc.nat(), (manifests, n) => {
        const published = publishAll(manifests)
        const last = published.at(-1) as Snapshot
        const base = published.at(-2) ?? null
        const victim = last.segments[n % Math.max(1, last.segments.length)]
        fc.pre(victim?.ranges.some((r) => r.from.offset !== r.to.offset || r.from.epoch !== r.to.epoch) ?? false)
        if (!victim) return
        const without = { ...last, segments: last.segments.filter((s) => s !== victim) }
        expect(() => validateSnapshot(base, without)).toThrow(`view "${victim.view}"`)
        const twin = segment({ name: victim.view, hash: victim.viewHash }, victim.ranges, 'again')
        expect(() => validateSnapshot(base, { ...last, segments: [...last.segments, twin] })).toThrow(/twice/)
      }),
    )
  })

  it('names the view, the partition and the offsets that are missing', () => {
    const [first, second] = publishAll(three) as [Snapshot, Snapshot, Snapshot]
    const forgotten = segment(VIEWS[0] as (typeof VIEWS)[0], [range(1, [0, 0], [4, 7])])
    const next = extendSnapshot({
      base: first,
      manifests: [three[1] as EpochManifest],
      views: VIEWS,
      segments: [forgotten],
      nowMs: 1,
    })
    expect(next.views.find((v) => v.name === 'log.ledger')?.building).toBe(true)
    expect(() => validateSnapshot(first, next)).toThrow(
      /view "log\.ledger" was whole and lacks offsets 0 to 4 \(exclusive\) of partition 1/,
    )
    expect(() => validateSnapshot(second, next)).toThrow(/was built on .* is in force/)
  })

  it('refuses a boundary that goes back, and a first offset that moves', () => {
    const [first, second, third] = publishAll(three) as [Snapshot, Snapshot, Snapshot]
    const back: Boundary = { ...third.boundary, 0: { offset: 109, epoch: 6 } }
    expect(() => validateSnapshot(second, { ...third, boundary: back })).toThrow(
      /partition 0 went back from \(110, 6\) to \(109, 6\)/,
    )
    const lost: Boundary = { 0: third.boundary[0] as Boundary[0] }
    expect(() => validateSnapshot(second, { ...third, boundary: lost })).toThrow(/partition 1 went back/)
    const moved = { ...third, first: { ...third.first, 0: { offset: 105, epoch: 0 } } }
    expect(() => validateSnapshot(second, moved)).toThrow(/partition 0 began at offset 100, now at 105/)
    expect(first.first[0]).toEqual({ offset: 100, epoch: 0 })
  })

  it('refuses a manifest that does not begin where the snapshot ends', () => {
    const [first] = publishAll(three) as [Snapshot]
    const options = { base: first, views: VIEWS, segments: [], nowMs: 1 }
    expect(() => extendSnapshot({ ...options, manifests: [three[2] as EpochManifest] })).toThrow(
      /partition 1: the manifest begins at offset 4, the snapshot ends at 0/,
    )
    expect(() => extendSnapshot({ ...options, manifests: [manifest(6, [], { stream: 'other' })] })).toThrow(/"other"/)
    expect(() => extendSnapshot({ ...options, manifests: [manifest(6, [], { epochMs: 5 })] })).toThrow(
      /60000 ms .* 5 ms/,
    )
    expect(() => extendSnapshot({ ...options, manifests: [] })).toThrow(/at least one/)
  })

  it('gives equal contents an equal id, whenever they are published, and others another', () => {
    const [first] = publishAll(three) as [Snapshot]
    const options = { base: first, manifests: [three[1] as EpochManifest], views: VIEWS }
    const ranges = [range(1, [0, 0], [4, 7])]
    const one = extendSnapshot({ ...options, segments: VIEWS.map((v) => segment(v, ranges)), nowMs: 1 })
    const later = extendSnapshot({ ...options, segments: VIEWS.map((v) => segment(v, ranges)), nowMs: 2 })
    const other = extendSnapshot({ ...options, segments: VIEWS.map((v) => segment(v, ranges, 'x')), nowMs: 1 })
    expect(later.id).toBe(one.id)
    expect(other.id).not.toBe(one.id)
  })
})

describe('a view that is new', () => {
  const added = { name: 'added', hash: 'a1' }

  it('is building until a backfill reaches back to the first offset; the others answer throughout', () => {
    const base = publishAll(three.slice(0, 2)).at(-1) as Snapshot
    const ranges = rangesOf(three[1] as EpochManifest, three[2] as EpochManifest)
    const views = [...VIEWS, added]
    const segments = views.map((v) => segment(v, ranges))
    const next = extendSnapshot({ base, manifests: [three[2] as EpochManifest], views, segments, nowMs: 1 })
    validateSnapshot(base, next)
    expect(next.views.filter((v) => v.building)).toEqual([{ ...added, building: true }])
    expect(() =>
      validateSnapshot(base, { ...next, views: next.views.map((v) => ({ ...v, building: false })) }),
    ).toThrow(/"added" lacks/)
    const whole = replaceSegments(next, [segment(added, history)], 2)
    validateSnapshot(next, whole)
    expect(whole.views.map((v) => v.building)).toEqual([false, false, false])
  })
})

const history = [range(0, [100, 0], [110, 6]), range(1, [0, 0], [4, 7])]

describe('a view whose definition changed', () => {
  const changed = { name: 'searches', hash: 's2' }
  const ledger = VIEWS[1] as (typeof VIEWS)[0]

  it('does not take over before it is whole: the old one answers until then', () => {
    const base = publishAll(three.slice(0, 2)).at(-1) as Snapshot
    const ranges = rangesOf(three[1] as EpochManifest, three[2] as EpochManifest)
    const views = [changed, ledger]
    const segments = views.map((v) => segment(v, ranges))
    const early = extendSnapshot({ base, manifests: [three[2] as EpochManifest], views, segments, nowMs: 1 })
    expect(() => validateSnapshot(base, early)).toThrow(/"searches" was whole and lacks offsets 100 to 110/)
    expect(() => restateViews(base, views, [], 1)).toThrow(/"searches" is not computed whole/)
  })

  it('takes over whole beside views that did not change, and dropped ones go; the boundary stays', () => {
    const base = publishAll(three.slice(0, 2), [...VIEWS, { name: 'dropped', hash: 'd1' }]).at(-1) as Snapshot
    const recomputed = segment(changed, history)
    const next = restateViews(base, [changed, ledger], [recomputed], 5)
    validateSnapshot(base, next)
    expect(next).toMatchObject({ reason: 'restate', boundary: base.boundary, first: base.first, publishedAtMs: 5 })
    expect(next.views).toEqual([
      { name: 'log.ledger', hash: 'l1', building: false },
      { name: 'searches', hash: 's2', building: false },
    ])
    expect(next.segments).toEqual([...base.segments.filter((s) => s.view === 'log.ledger'), recomputed])
    expect(viewSetOf(next.views)).not.toBe(viewSetOf(base.views))
  })

  it('never mixes hashes', () => {
    const [first] = publishAll(three) as [Snapshot]
    const stray = segment({ name: 'searches', hash: 's2' }, [range(0, [100, 0], [110, 6])])
    expect(() => validateSnapshot(null, { ...first, segments: [...first.segments, stray] })).toThrow(
      /has hash s2, the view s1/,
    )
  })
})

describe('a backfill', () => {
  it('replaces its own ranges and nothing else, on whatever base it lands', () => {
    const [, second, third] = publishAll(three) as [Snapshot, Snapshot, Snapshot]
    const searches = VIEWS[0] as (typeof VIEWS)[0]
    const again = segment(searches, [range(0, [100, 0], [110, 6])], 'again')
    for (const base of [second, third]) {
      const next = replaceSegments(base, [again], 9)
      validateSnapshot(base, next)
      expect(next).toMatchObject({ reason: 'backfill', boundary: base.boundary, sequence: base.sequence + 1 })
      expect(next.segments).toHaveLength(base.segments.length)
      expect(next.segments).toContainEqual(again)
      const gone = base.segments.filter((s) => !next.segments.includes(s))
      expect(gone.map((s) => s.view)).toEqual(['searches'])
    }
  })

  it('may put one segment in the place of several, but not cut one in two', () => {
    const [, , third] = publishAll(three) as [Snapshot, Snapshot, Snapshot]
    const searches = VIEWS[0] as (typeof VIEWS)[0]
    const long = segment(searches, [range(0, [100, 0], [130, 8]), range(1, [0, 0], [4, 8])], 'long')
    const next = replaceSegments(third, [long], 9)
    validateSnapshot(third, next)
    expect(next.segments.filter((s) => s.view === 'searches')).toEqual([long])
    const short = segment(searches, [range(0, [100, 0], [110, 6])], 'short')
    const cut = replaceSegments(next, [short], 9)
    expect(() => validateSnapshot(next, cut)).toThrow(/view "searches" holds offsets 100 to 110 .* twice/)
  })
})

describe('a rollback', () => {
  it('brings old contents back and keeps the boundary and everything later', () => {
    const published = publishAll(three.slice(0, 2))
    const old = published.at(-1) as Snapshot
    const wrong = replaceSegments(
      old,
      [segment(VIEWS[0] as (typeof VIEWS)[0], [range(0, [100, 0], [110, 6])], 'wrong')],
      1,
    )
    const ranges = rangesOf(three[1] as EpochManifest, three[2] as EpochManifest)
    const segments = VIEWS.map((v) => segment(v, ranges))
    const current = extendSnapshot({
      base: wrong,
      manifests: [three[2] as EpochManifest],
      views: VIEWS,
      segments,
      nowMs: 2,
    })
    const back = rollback(old, current, 3)
    validateSnapshot(current, back)
    expect(back.boundary).toEqual(current.boundary)
    expect([...back.segments].map((s) => s.id).sort()).toEqual([...old.segments, ...segments].map((s) => s.id).sort())
  })

  it('holds the law for any two snapshots of any history', () => {
    fc.assert(
      fc.property(chains, fc.nat(), (manifests, n) => {
        const published = publishAll(manifests)
        const current = published.at(-1) as Snapshot
        const old = published[n % published.length] as Snapshot
        const back = rollback(old, current, 1)
        validateSnapshot(current, back)
        expect(new Set(back.segments)).toEqual(new Set(current.segments))
      }),
    )
  })

  it('keeps the current segments of a view whose definition changed since', () => {
    const [old] = publishAll(three) as [Snapshot]
    const changed = { name: 'searches', hash: 's2' }
    const current = replaceSegments(old, [segment(changed, [range(0, [100, 0], [110, 6])])], 1)
    const back = rollback(old, current, 2)
    validateSnapshot(current, back)
    expect(back.segments.find((s) => s.view === 'searches')?.viewHash).toBe('s2')
  })

  it('refuses in words where a current segment lies on both sides of the old boundary', () => {
    const [first, , third] = publishAll(three) as [Snapshot, Snapshot, Snapshot]
    const long = segment(
      VIEWS[0] as (typeof VIEWS)[0],
      [range(0, [100, 0], [130, 8]), range(1, [0, 0], [4, 8])],
      'long',
    )
    const current = replaceSegments(third, [long], 1)
    expect(() => rollback(first, current, 2)).toThrow(/view "searches": .* both sides of the boundary/)
    expect(() => rollback(third, first, 2)).toThrow(/ends beyond/)
  })
})

describe('manifests', () => {
  const next = three[1] as EpochManifest
  const first = three[0] as EpochManifest

  it('begin where the last one ended, or at the earliest offset, and never skip what hot state holds and the log lost', () => {
    expect(firstManifestFrom(first, 0, { earliest: 105 })).toEqual({ offset: 110, epoch: 6 })
    expect(firstManifestFrom(first, 2, { earliest: 7 })).toEqual({ offset: 7, epoch: 0 })
    expect(firstManifestFrom(null, 2, { earliest: 7, hotSince: 3 })).toEqual({ offset: 3, epoch: 0 })
    expect(firstManifestFrom(null, 2, { earliest: 7, hotSince: 9 })).toEqual({ offset: 7, epoch: 0 })
  })

  it('are refused where they do not continue the chain, in words', () => {
    const cases: [EpochManifest, RegExp][] = [
      [manifest(5, []), /epoch 5 is sealed already/],
      [manifest(6, [], { stream: 'other' }), /continues one of stream "log"/],
      [manifest(6, [], { epochMs: 1 }), /epoch length 1 ms, but it was 60000 ms/],
      [manifest(6, [partition(0, 110, 111, 7)]), /partition 1 is missing, sealed to offset 0/],
      [
        manifest(6, [partition(0, 111, 112, 7), partition(1, 0, 1, 7)]),
        /partition 0 begins at offset 111, but was sealed to 110/,
      ],
      [
        manifest(6, [partition(0, 110, 112, 6), partition(1, 0, 1, 7)]),
        /is sealed, but its first epoch not covered is 6/,
      ],
      [
        manifest(6, [partition(0, 110, 112, 6, true), partition(1, 0, 1, 7)]),
        /is open, but moves from offset 110 to 112/,
      ],
      [
        manifest(6, [partition(0, 110, 110, 7, true), partition(1, 0, 1, 7)]),
        /is open, but its epoch moved from 6 to 7/,
      ],
      [manifest(6, [partition(0, 110, 109, 7)]), /offsets 110 to 109 are no range/],
      [manifest(6, [partition(0, 110, 111, 7), partition(0, 110, 111, 7)]), /partition 0 is named twice/],
      [manifest(6, [{ ...partition(0, 110, 112, 7), rejected: 1 }]), /read 2 ≠ accepted 2 \+ rejected 1/],
      [manifest(6, [{ ...partition(0, 110, 112, 7), ticks: 1 }]), /2 records and 1 ticks in offsets 110 to 112/],
    ]
    for (const [broken, reason] of cases) expect(() => checkChain(first, broken)).toThrow(reason)
    expect(() => checkChain(first, next)).not.toThrow()
    expect(() => checkChain(null, first)).not.toThrow()
  })
})

describe('names', () => {
  it('of view sets do not depend on the order of the views, and change with any of them', () => {
    const hashes = fc.uniqueArray(
      fc.nat().map((n) => n.toString(16)),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(hashes, (all) => {
        const views = all.map((hash) => ({ hash }))
        expect(viewSetOf(views)).toMatch(/^[0-9a-f]{16}$/)
        expect(viewSetOf([...views].reverse())).toBe(viewSetOf(views))
        expect(viewSetOf(views.slice(1))).not.toBe(viewSetOf(views))
      }),
    )
  })

  it('of segments depend on what went into them, in any order', () => {
    const ranges = [range(1, [0, 0], [4, 7]), range(0, [1, 0], [2, 7])]
    const id = segmentId('h', 'log', ranges, ['a', 'b'])
    expect(segmentId('h', 'log', [...ranges].reverse(), ['b', 'a'])).toBe(id)
    for (const other of [
      segmentId('i', 'log', ranges, ['a', 'b']),
      segmentId('h', 'lag', ranges, ['a', 'b']),
      segmentId('h', 'log', ranges.slice(1), ['a', 'b']),
      segmentId('h', 'log', ranges, ['a', 'c']),
    ]) {
      expect(other).not.toBe(id)
    }
  })
})
