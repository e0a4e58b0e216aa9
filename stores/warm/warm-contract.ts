import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EncodedCell } from '../../core/cell/cell.js'
import { extendSnapshot } from '../../core/seam/extend-snapshot.js'
import type { EpochManifest } from '../../core/seam/manifest.js'
import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import type { LedgerEntry, ParityResult, WarmStore } from './warm-port.js'
import { SnapshotConflictError } from './warm-port.js'

const EPOCH_MS = 3_600_000
const VIEWS = [
  { name: 'clicks', hash: 'hash-of-clicks' },
  { name: 'searches', hash: 'hash-of-searches' },
]
const DAY_MS = 86_400_000
const START = Date.UTC(2024, 0, 30)

/** What every warm store keeps. `open` gives one over an empty database, and opens the same database again. */
export function describeWarmStore(
  name: string,
  open: () => Promise<{ warm: WarmStore; again: () => Promise<WarmStore> }>,
): void {
  describe(`${name}: warm store`, () => {
    let warm: WarmStore
    let again: () => Promise<WarmStore>
    const opened: WarmStore[] = []

    beforeEach(async () => {
      const database = await open()
      warm = database.warm
      opened.push(warm)
      again = async () => {
        const other = await database.again()
        opened.push(other)
        return other
      }
    })

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close()
    })

    it('keeps the settings that a stream was first started with', async () => {
      const first = { stream: 'visits', epochMs: 60_000, createdAtMs: 1 }
      expect(await warm.registerStream(first)).toEqual(first)
      expect(await warm.registerStream({ stream: 'visits', epochMs: 3_600_000, createdAtMs: 2 })).toEqual(first)
      await warm.registerStream({ stream: 'trips', epochMs: 60_000, createdAtMs: 3 })
      expect((await warm.streams()).map(({ stream }) => stream)).toEqual(['trips', 'visits'])
    })

    it('keeps the definitions of a view set as they were first stored, and when they were last deployed and used', async () => {
      const set = { viewSet: 'f00d', stream: 'visits', definitions: '{"a":1}', deployedAtMs: 5, usedAtMs: 10 }
      expect(await warm.viewSet('f00d')).toBeNull()
      expect(await warm.lastDeployed('visits')).toBeNull()
      await warm.putViewSet(set)
      await warm.putViewSet({ ...set, definitions: '{"a":2}', usedAtMs: 30 })
      await warm.putViewSet({ ...set, deployedAtMs: 0, usedAtMs: 20 })
      expect(await (await again()).viewSet('f00d')).toEqual({ ...set, usedAtMs: 30 })
      await warm.putViewSet({ ...set, viewSet: 'beef', deployedAtMs: 7 })
      await warm.putViewSet({ ...set, viewSet: 'cafe', stream: 'trips', deployedAtMs: 9 })
      expect(await warm.lastDeployed('visits')).toBe('beef')
      await warm.putViewSet({ ...set, deployedAtMs: 8 })
      expect(await (await again()).lastDeployed('visits')).toBe('f00d')
    })

    it('knows how far the last restatement of a stream is', async () => {
      const restatement = {
        ...{ stream: 'visits', from: 'a', to: 'b', views: ['searches'], done: 1, of: 3 },
        ...{ waitsFor: 'segments' as const, failure: null, startedAtMs: 1, updatedAtMs: 2 },
      }
      expect(await warm.restatement('visits')).toBeNull()
      await warm.putRestatement(restatement)
      await warm.putRestatement({ ...restatement, done: 3, waitsFor: null })
      expect(await (await again()).restatement('visits')).toEqual({ ...restatement, done: 3, waitsFor: null })
    })

    it('gives back the cells of a segment, whole or by days, however many buckets they take', async () => {
      const cells = cellsOver(3, 5000)
      const segment = segmentOf('searches', 0, 1, cells)
      expect(await warm.putSegment(segment, cells)).toEqual(segment)
      const other = await again()
      expect(await other.segment(segment.id)).toEqual(segment)
      expect(await other.cells(segment.id)).toEqual(cells)
      const [first, second, third] = segment.days as [number, number, number]
      expect(await other.cells(segment.id, { fromDay: second, toDay: second })).toEqual(cells.slice(5000, 10_000))
      expect(await other.cells(segment.id, { fromDay: first, toDay: second })).toHaveLength(10_000)
      expect(await other.cells(segment.id, { fromDay: third + 1, toDay: 99_991_231 })).toEqual([])
    })

    it('gives back one day of several segments at once, a list each', async () => {
      const cells = cellsOver(2, 4500)
      const long = segmentOf('searches', 0, 1, cells)
      const short = segmentOf('searches', 1, 1, cells.slice(0, 10))
      for (const [segment, its] of [
        [long, cells],
        [short, cells.slice(0, 10)],
      ] as const)
        await warm.putSegment(segment, its)
      const [first, second] = long.days as [number, number]
      const other = await again()
      expect(await other.cellsOfDay([short, long], first)).toEqual([cells.slice(0, 10), cells.slice(0, 4500)])
      expect(await other.cellsOfDay([short, long], second)).toEqual([[], cells.slice(4500)])
      expect(await other.cellsOfDay([], first)).toEqual([])
    })

    it('announces a segment only once everything else that is written of it is there', async () => {
      const cells = cellsOver(1, 10)
      const segment = segmentOf('searches', 0, 1, cells)
      await expect(warm.putSegment(segment, cells, Promise.reject(new Error('refused')))).rejects.toThrow('refused')
      expect(await warm.segment(segment.id)).toBeNull()
      let written = false
      const elsewhere = (async () => {
        expect(await warm.segment(segment.id)).toBeNull()
        written = true
      })()
      expect(await warm.putSegment(segment, cells, elsewhere)).toEqual(segment)
      expect(written).toBe(true)
    })

    it('takes cells whose registers are long', async () => {
      const long = 'x'.repeat(300_000)
      const cells = cellsOver(1, 9).map(({ key }) => ({ key, registers: long }))
      const segment = segmentOf('searches', 0, 1, cells)
      await warm.putSegment(segment, cells)
      expect(await warm.cells(segment.id)).toEqual(cells)
    })

    it('writes a segment once: a repetition changes nothing, and a later computation gets the first descriptor', async () => {
      const cells = cellsOver(2, 10)
      const segment = segmentOf('searches', 0, 1, cells)
      await warm.putSegment(segment, cells)
      expect(await warm.putSegment(segment, cells)).toEqual(segment)
      const otherwise = cells.slice(0, 10).map(({ key }) => ({ key, registers: '9' }))
      const differs = { ...segmentOf('searches', 0, 1, otherwise), id: segment.id, checksum: 'e'.repeat(64) }
      expect(await warm.putSegment(differs, otherwise)).toEqual(segment)
      expect(await warm.cells(segment.id)).toEqual(cells)
    })

    it('lets the cells of old days go once a cold copy is named, says so first, and never writes them again', async () => {
      const cells = cellsOver(3, 5000)
      const segment = await warm.putSegment(segmentOf('searches', 0, 1, cells), cells)
      const [first, second, third] = segment.days as [number, number, number]
      await expect(warm.dropDays(segment, third)).rejects.toThrow('no cold copy')
      expect(await warm.tiers([segment])).toEqual(new Map())
      const cold = { file: 'visits/cold/a.parquet', bytes: 1, sha256: 'f', resolutionMs: 3_600_000, cells: 9 }
      expect(await warm.putCold(segment, cold)).toEqual({ cold, warmFrom: 0 })
      expect(await warm.putCold(segment, { ...cold, file: 'other' })).toEqual({ cold, warmFrom: 0 })
      expect(await warm.cells(segment.id)).toEqual(cells)
      await warm.dropDays(segment, third)
      await warm.dropDays(segment, second)
      const other = await again()
      expect(await other.tiers([segment, { ...segment, id: 'none' }])).toEqual(
        new Map([[segment.id, { cold, warmFrom: third }]]),
      )
      expect(await other.cells(segment.id, { fromDay: third, toDay: third })).toEqual(cells.slice(10_000))
      const missing = other.cells(segment.id, { fromDay: second, toDay: third })
      await expect(missing).rejects.toMatchObject({ name: 'CellsMissingError', segment: segment.id, day: second })
      expect(await other.putSegment(segment, cells)).toEqual(segment)
      await expect(other.cells(segment.id, { fromDay: first, toDay: first })).rejects.toThrow(`${first}`)
    })

    it('keeps a segment without cells', async () => {
      const segment = segmentOf('searches', 0, 1, [])
      await warm.putSegment(segment, [])
      expect(await warm.cells(segment.id)).toEqual([])
    })

    it('refuses a segment whose descriptor announces other cells or days', async () => {
      const cells = cellsOver(2, 10)
      const segment = segmentOf('searches', 0, 1, cells)
      await expect(warm.putSegment(segment, cells.slice(1))).rejects.toThrow(`segment ${segment.id}`)
      await expect(warm.putSegment({ ...segment, days: segment.days.slice(1) }, cells)).rejects.toThrow('days')
      expect(await warm.segment(segment.id)).toBeNull()
      await expect(warm.cells(segment.id)).rejects.toThrow(segment.id)
    })

    it('publishes snapshots one on the other; the pointer names the last', async () => {
      expect(await warm.pointer('visits')).toBeNull()
      expect(await warm.snapshots('visits', 10)).toEqual([])
      const [s1, s2] = await chain(warm, 2)
      expect(await warm.pointer('visits')).toEqual({ stream: 'visits', snapshot: s2.id, sequence: 2 })
      const other = await again()
      expect(byId(await other.snapshot(s1.id))).toEqual(byId(s1))
      expect((await other.snapshots('visits', 10)).map(({ id }) => id)).toEqual([s2.id, s1.id])
      expect((await other.snapshots('visits', 1)).map(({ id }) => id)).toEqual([s2.id])
      expect(await other.snapshot('nothing')).toBeNull()
    })

    it('refuses a publish built on a snapshot no longer in force, and keeps the one that is', async () => {
      const [s1, s2] = await chain(warm, 2)
      const late = next(s1, 1, 'late')
      await expect(warm.publish(late)).rejects.toThrow(SnapshotConflictError)
      await expect(warm.publish(late)).rejects.toMatchObject({ stream: 'visits', base: s1.id, current: s2.id })
      await expect(warm.publish(next(null, 0, 'other'))).rejects.toThrow(SnapshotConflictError)
      expect((await warm.pointer('visits'))?.snapshot).toBe(s2.id)
      expect((await warm.snapshots('visits', 10)).map(({ id }) => id)).toEqual([s2.id, s1.id])
    })

    it('takes the same publish again, also after others were built on it', async () => {
      const [s1, s2] = await chain(warm, 2)
      await warm.publish(s2)
      await warm.publish({ ...s1, publishedAtMs: 99 })
      expect(await warm.pointer('visits')).toEqual({ stream: 'visits', snapshot: s2.id, sequence: 2 })
    })

    it('of several publishes at once on one base exactly one is in force', async () => {
      const [base] = await chain(warm, 1)
      const others = [warm, await again(), await again()]
      const results = await Promise.allSettled(others.map((store, i) => store.publish(next(base, 1, `rival ${i}`))))
      const won = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
      expect(won).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SnapshotConflictError)
      }
      expect((await warm.pointer('visits'))?.snapshot).toBe(next(base, 1, `rival ${won[0]}`).id)
    })

    it('refuses a snapshot that does not tile, and keeps the one in force', async () => {
      const [s1] = await chain(warm, 1)
      const whole = next(s1, 1, 'whole')
      const gap = { ...whole, id: `${whole.id}-gap`, segments: whole.segments.slice(1) }
      await expect(warm.publish(gap)).rejects.toThrow('visits')
      expect((await warm.pointer('visits'))?.snapshot).toBe(s1.id)
    })

    it('keeps a long history of segments in every snapshot', async () => {
      const snapshots = await chain(warm, 40)
      const last = snapshots.at(-1) as Snapshot
      const other = await again()
      const read = (await other.snapshot(last.id)) as Snapshot
      expect(read.segments).toHaveLength(80)
      expect(byId(read)).toEqual(byId(last))
    })

    it('keeps what was once compared when a later run could not compare', async () => {
      const equal = parity('equal', 10, null)
      await warm.putParity([equal, parity('uncompared', 10, 'hot is behind', 1)])
      await warm.putParity([parity('uncompared', 20, 'hot dropped the epoch'), parity('equal', 20, null, 1)])
      expect(await warm.parity({ limit: 10 })).toEqual([parity('equal', 20, null, 1), equal])
      await warm.putParity([parity('different', 30, 'cell [0]')])
      expect(await warm.parity({ stream: 'visits', view: 'searches', limit: 1 })).toEqual([
        parity('different', 30, 'cell [0]'),
      ])
      expect(await warm.parity({ stream: 'visits', view: 'clicks', limit: 10 })).toEqual([])
      expect(await warm.parity({ stream: 'trips', limit: 10 })).toEqual([])
    })

    it('lists the ledger newest epoch first, epochs as [from, to)', async () => {
      await warm.putLedger([ledger(5, 1), ledger(6, 2), ledger(7, 3)])
      await warm.putLedger([ledger(6, 20)])
      expect(await warm.ledger({ stream: 'visits', limit: 10 })).toEqual([ledger(7, 3), ledger(6, 20), ledger(5, 1)])
      expect(await warm.ledger({ fromEpoch: 5, toEpoch: 7, limit: 10 })).toEqual([ledger(6, 20), ledger(5, 1)])
      expect(await warm.ledger({ toEpoch: 7, limit: 1 })).toEqual([ledger(6, 20)])
      expect(await warm.ledger({ stream: 'trips', limit: 10 })).toEqual([])
      await warm.putLedger([])
      await warm.putParity([])
      await warm.ping()
    })
  })
}

/** Cells of so many event days, sorted by key as JavaScript compares. */
function cellsOver(days: number, perDay: number): readonly EncodedCell[] {
  return Array.from({ length: days * perDay }, (_, i) => ({
    key: JSON.stringify([
      START + Math.floor(i / perDay) * DAY_MS,
      `검색어 ${String(i % perDay).padStart(6, '0')} "👍"`,
    ]),
    registers: `${i},${i * 2}`,
  }))
}

function segmentOf(view: string, epoch: number, partitions: number, cells: readonly EncodedCell[], tag = ''): Segment {
  const days = [
    ...new Set(cells.map(({ key }) => new Date(JSON.parse(key)[0]).toISOString().slice(0, 10).replaceAll('-', ''))),
  ]
  return {
    id: `segment-${view}-${epoch}-${tag}`,
    view,
    viewHash: `hash-of-${view}`,
    stream: 'visits',
    ranges: Array.from({ length: partitions }, (_, partition) => ({
      partition,
      from: epoch === 0 ? { offset: 0, epoch: 0 } : { offset: epoch * 100, epoch },
      to: { offset: (epoch + 1) * 100, epoch: epoch + 1 },
    })),
    cells: cells.length,
    days: days.map(Number),
    checksum: 'd'.repeat(64),
  }
}

function manifestOf(epoch: number): EpochManifest {
  return {
    version: 1,
    stream: 'visits',
    streamHash: 'h',
    epoch,
    epochMs: EPOCH_MS,
    sealedAtMs: 0,
    attempt: 'a',
    cuts: [],
    partitions: [
      {
        partition: 0,
        from: epoch * 100,
        to: (epoch + 1) * 100,
        epoch: epoch + 1,
        open: false,
        read: 100,
        accepted: 100,
        rejected: 0,
        duplicates: 0,
        ticks: 0,
        last: null,
        lost: [],
        files: [],
      },
    ],
  }
}

/** The snapshot that seals one epoch more. */
function next(base: Snapshot | null, epoch: number, tag: string): Snapshot {
  return extendSnapshot({
    base,
    manifests: [manifestOf(epoch)],
    views: VIEWS,
    segments: VIEWS.map(({ name }) => segmentOf(name, epoch, 1, [], tag)),
    nowMs: epoch,
  })
}

async function chain<N extends number>(warm: WarmStore, length: N): Promise<[Snapshot, Snapshot]> {
  const snapshots: Snapshot[] = []
  for (let epoch = 0; epoch < length; epoch++) {
    snapshots.push(next(snapshots.at(-1) ?? null, epoch, 'first'))
    await warm.publish(snapshots.at(-1) as Snapshot)
  }
  return snapshots as [Snapshot, Snapshot]
}

/** Stores group segments by view, so their order is not compared. */
function byId(snapshot: Snapshot | null): unknown {
  return snapshot && { ...snapshot, segments: new Map(snapshot.segments.map((segment) => [segment.id, segment])) }
}

function parity(
  outcome: ParityResult['outcome'],
  comparedAtMs: number,
  reason: string | null,
  epoch = 0,
): ParityResult {
  return {
    stream: 'visits',
    view: 'searches',
    partition: 0,
    fromEpoch: epoch,
    toEpoch: epoch + 1,
    outcome,
    reason,
    cellsCompared: 1,
    cellsDifferent: outcome === 'different' ? 1 : 0,
    comparedAtMs,
  }
}

function ledger(epoch: number, read: number): LedgerEntry {
  return {
    stream: 'visits',
    partition: 0,
    epoch,
    read,
    accepted: read - 1,
    rejected: 1,
    duplicates: 0,
    lost: 0,
    rest: 0,
    reasons: { 'event-time-in-future': 1 },
  }
}
