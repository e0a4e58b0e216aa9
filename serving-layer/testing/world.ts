import { createHash } from 'node:crypto'
import type { EncodedCell } from '../../core/cell/cell.js'
import { windowOfKey } from '../../core/cell/cell-key.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import type { Fold } from '../../core/compile/fold.js'
import { coldResolution } from '../../core/define/cold-resolution.js'
import type { Row } from '../../core/define/column.js'
import { type Catalog, compileCatalog } from '../../core/define/compile-catalog.js'
import type { Pipeline } from '../../core/define/pipeline.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  extendSnapshot,
  replaceSegments,
  restateViews,
  type Snapshot,
  segmentId,
  viewSetOf,
} from '../../core/seam/index.js'
import type { ManifestPartition } from '../../core/seam/manifest.js'
import type { Segment, SegmentRange } from '../../core/seam/segment.js'
import { dayNumber } from '../../core/time/day-number.js'
import type { HotCell, HotStore, Keyspace } from '../../stores/hot/hot-port.js'
import { MemoryHot } from '../../stores/hot/memory-hot.js'
import type { ColdStore } from '../../stores/lake/index.js'
import { openWarmMemory } from '../../stores/warm/index.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'

export const EPOCH_MS = 60_000

/** A delivered record. */
export interface Delivered {
  readonly stream: string
  readonly partition: number
  readonly offset: number
  readonly epoch: number
  readonly timeMs: number
  readonly row: Row
}

interface Partition {
  readonly records: Delivered[]
  fold: Fold
  /** First record not in hot state. */
  next: number
  epoch: number
}

/** Both layers in memory, driven step by step: what the serving layer reads, without the layers that write it. */
export class World {
  readonly clock = { nowMs: Date.UTC(2024, 4, 1, 3, 0, 10), now: () => this.clock.nowMs }
  readonly catalog: Catalog
  /** What may be wiped; null where the world is over real engines. */
  readonly memory: MemoryHot | null
  readonly hot: HotStore
  readonly warm: WarmStore
  /** Null unless a test opens one. */
  cold: ColdStore | null = null
  readonly log = new Map<string, Partition[]>()
  #nonce = 0

  constructor(
    readonly pipeline: Pipeline,
    readonly partitions = 2,
    stores?: { readonly hot: HotStore; readonly warm: WarmStore },
  ) {
    this.catalog = compileCatalog([pipeline])
    // Small chunks and a short feed, so that fills take several calls and followers fall behind.
    const small = { feedCost: 4_000, fillCells: 7 }
    this.memory = stores
      ? null
      : new MemoryHot({ now: this.clock.now, newGeneration: () => `g${++this.#nonce}`, ...small })
    this.hot = stores?.hot ?? (this.memory as MemoryHot)
    this.warm = stores?.warm ?? openWarmMemory()
    for (const { name } of pipeline.streams) {
      this.log.set(
        name,
        Array.from({ length: partitions }, () => this.#partition(name)),
      )
    }
  }

  async begin(): Promise<void> {
    for (const { name } of this.pipeline.streams) {
      await this.warm.registerStream({ stream: name, epochMs: EPOCH_MS, createdAtMs: this.clock.nowMs })
      for (let p = 0; p < this.partitions; p++) await this.open(name, p)
    }
  }

  views(stream: string): readonly ViewDefinition[] {
    return this.catalog.streamViews(stream, EPOCH_MS)
  }

  keyspace(stream: string): Keyspace {
    return { stream, viewSet: viewSetOf(this.views(stream)) }
  }

  append(stream: string, partition: number, row: Row): void {
    const at = this.#at(stream, partition)
    at.epoch = Math.max(at.epoch, Math.floor(this.clock.nowMs / EPOCH_MS))
    at.records.push({ stream, partition, offset: at.records.length, epoch: at.epoch, timeMs: this.clock.nowMs, row })
  }

  /** Moves everything that was appended into hot state. */
  async flush(stream: string, partition: number): Promise<void> {
    const at = this.#at(stream, partition)
    const state = await this.hot.state(this.keyspace(stream), partition)
    if (!state || at.next === at.records.length) return
    const added = at.records.slice(at.next)
    for (const { row, epoch } of added) at.fold.add(row, epoch)
    const last = added.at(-1) as Delivered
    const views = new Map(this.views(stream).map((view) => [view.name, view]))
    const cells = at.fold.takeDirty().map((cell): HotCell => {
      const { registers } = views.get(cell.view) as ViewDefinition
      const { view, resolutionMs, epoch, key } = cell
      return { view, resolutionMs, epoch, key, registers: encodeRegisters(registers, cell.registers) }
    })
    const times = added.map(({ row }) => row.at as number)
    await this.hot.apply(this.keyspace(stream), partition, {
      generation: state.generation,
      from: at.next,
      to: at.records.length,
      floor: state.floor,
      epoch: last.epoch,
      maxEventTimeMs: Math.max(state.maxEventTimeMs ?? Number.NEGATIVE_INFINITY, ...times),
      last: { offset: last.offset, timeMs: last.timeMs, crc: 0 },
      nonce: `n${++this.#nonce}`,
      cells,
    })
    at.next = at.records.length
  }

  async flushAll(): Promise<void> {
    for (const [stream, partitions] of this.log) for (const p of partitions.keys()) await this.flush(stream, p)
  }

  /**
   * Publishes every epoch before the running one of each partition; returns whether the boundary moved.
   * @param older a view of which another definition was in force
   */
  async seal(stream: string, older?: string): Promise<boolean> {
    const pointer = await this.warm.pointer(stream)
    const base = pointer && (await this.warm.snapshot(pointer.snapshot))
    const sealed = Math.floor(this.clock.nowMs / EPOCH_MS) - 1
    const parts = (this.log.get(stream) as Partition[]).map(({ records }, partition) => {
      const from = base?.boundary[partition] ?? { offset: 0, epoch: 0 }
      const cut = records.find((record) => record.offset >= from.offset && record.epoch > sealed)
      const to = cut ? { offset: cut.offset, epoch: sealed + 1 } : from
      return { partition, from, to, records: records.slice(from.offset, to.offset) }
    })
    if (parts.every(({ from, to }) => from.epoch === to.epoch)) return false
    const segments: Segment[] = []
    const views = this.views(stream).map((view) => (view.name === older ? { ...view, hash: 'older' } : view))
    for (const view of views) segments.push(await this.#segment(stream, view, parts))
    const manifest = {
      version: 1 as const,
      stream,
      streamHash: this.catalog.stream(stream).hash,
      epoch: sealed,
      epochMs: EPOCH_MS,
      sealedAtMs: this.clock.nowMs,
      attempt: 'a',
      cuts: [],
      partitions: parts.map(manifestPartition),
    }
    await this.warm.publish(extendSnapshot({ base, manifests: [manifest], views, segments, nowMs: this.clock.nowMs }))
    return true
  }

  /** Publishes one segment per view in place of all of them, as a backfill does. */
  async replace(stream: string): Promise<void> {
    const whole = await this.#whole(stream)
    if (whole) await this.warm.publish(replaceSegments(whole.base, whole.segments, this.clock.nowMs))
  }

  /** Puts this world's definitions in force in place of those of another one over the same stores. */
  async restate(stream: string): Promise<void> {
    const whole = await this.#whole(stream)
    if (whole) await this.warm.publish(restateViews(whole.base, this.views(stream), whole.segments, this.clock.nowMs))
  }

  async #whole(stream: string): Promise<{ readonly base: Snapshot; readonly segments: readonly Segment[] } | null> {
    const pointer = await this.warm.pointer(stream)
    const base = pointer && (await this.warm.snapshot(pointer.snapshot))
    if (!base) return null
    const parts = Object.entries(base.boundary).map(([partition, to]) => {
      const from = base.first[Number(partition)] ?? to
      const { records } = this.#at(stream, Number(partition))
      return { partition: Number(partition), from, to, records: records.slice(from.offset, to.offset) }
    })
    const segments: Segment[] = []
    for (const view of this.views(stream)) segments.push(await this.#segment(stream, view, parts))
    return { base, segments }
  }

  /** Drops hot epochs that the snapshot in force covers. */
  async drop(stream: string): Promise<void> {
    const pointer = await this.warm.pointer(stream)
    const snapshot = pointer && (await this.warm.snapshot(pointer.snapshot))
    for (const [partition, { epoch }] of Object.entries(snapshot?.boundary ?? {})) {
      await this.hot.drop(this.keyspace(stream), Number(partition), epoch)
      this.#at(stream, Number(partition)).fold.drop(epoch)
    }
  }

  /** Hot state of a partition begins where the snapshot in force ends. */
  async open(stream: string, partition: number): Promise<void> {
    const pointer = await this.warm.pointer(stream)
    const snapshot = pointer && (await this.warm.snapshot(pointer.snapshot))
    const start = snapshot?.boundary[partition] ?? { offset: 0, epoch: 0 }
    const at = this.#at(stream, partition)
    await this.hot.open(this.keyspace(stream), partition, start)
    at.fold = compileFold(this.catalog.stream(stream), this.views(stream), EPOCH_MS)
    at.next = start.offset
  }

  /** Redis loses everything, and the speed layer begins again from the boundary. */
  async wipe(): Promise<void> {
    this.memory?.wipe()
    for (const [stream, partitions] of this.log) for (const p of partitions.keys()) await this.open(stream, p)
  }

  /** Moves the cells of the days before a UTC day (yyyymmdd) of everything in force to the cold tier, as retention does. */
  async cool(stream: string, beforeDay: number): Promise<void> {
    const pointer = await this.warm.pointer(stream)
    const base = pointer && (await this.warm.snapshot(pointer.snapshot))
    for (const segment of base?.segments ?? []) {
      const view = this.views(stream).find(({ hash }) => hash === segment.viewHash)
      if (!view || view.ledger || !this.cold) continue
      const resolutionMs = coldResolution(view)
      if ((await this.warm.tiers([segment])).size === 0) {
        const cells = coarsen(view, await this.warm.cells(segment.id), resolutionMs)
        await this.warm.putCold(segment, await this.cold.write(segment, { resolutionMs, cells, days: [] }))
      }
      await this.warm.dropDays(segment, beforeDay)
    }
  }

  /** Delivered records below a prefix. */
  recordsBelow(stream: string, prefix: Readonly<Record<string, number>>): readonly Delivered[] {
    return (this.log.get(stream) as Partition[]).flatMap(({ records }, p) => records.slice(0, prefix[p] ?? 0))
  }

  async #segment(
    stream: string,
    view: ViewDefinition,
    parts: readonly (SegmentRange & { records: readonly Delivered[] })[],
  ): Promise<Segment> {
    const cells = cellsOf(
      this.catalog,
      view,
      stream,
      parts.flatMap(({ records }) => records),
    )
    const ranges = parts.map(({ partition, from, to }) => ({ partition, from, to }))
    const text = cells.map(({ key, registers }) => `${key} ${registers}`).join('\n')
    return this.warm.putSegment(
      {
        id: segmentId(view.hash, stream, ranges, []),
        view: view.name,
        viewHash: view.hash,
        stream,
        ranges,
        cells: cells.length,
        days: [...new Set(cells.map(({ key }) => dayNumber(windowOfKey(key))))].sort((a, b) => a - b),
        checksum: createHash('sha256').update(text).digest('hex'),
      },
      cells,
    )
  }

  #at(stream: string, partition: number): Partition {
    return (this.log.get(stream) as Partition[])[partition] as Partition
  }

  #partition(stream: string): Partition {
    return {
      records: [],
      fold: compileFold(this.catalog.stream(stream), this.views(stream), EPOCH_MS),
      next: 0,
      epoch: 0,
    }
  }
}

/** Generated once per view: tests fold the same views again and again. */
const folds = new Map<string, Fold>()

/** A view's cells at its finest window, over some records of one stream, merged over epochs. */
export function cellsOf(
  catalog: Catalog,
  view: ViewDefinition,
  stream: string,
  records: readonly Delivered[],
): EncodedCell[] {
  const name = `${stream} ${view.hash}`
  const fold = folds.get(name) ?? compileFold(catalog.stream(stream), [view], EPOCH_MS)
  folds.set(name, fold)
  for (const { row, epoch } of records) fold.add(row, epoch)
  const cells = fold.takeDirty().filter((cell) => cell.resolutionMs === view.windows[0])
  fold.drop(Number.MAX_SAFE_INTEGER)
  return mergeEncoded(view, [
    cells.map(({ key, registers }) => ({ key, registers: encodeRegisters(view.registers, registers) })),
  ])
}

function manifestPartition({
  partition,
  from,
  to,
  records,
}: SegmentRange & { records: readonly Delivered[] }): ManifestPartition {
  return {
    partition,
    from: from.offset,
    to: to.offset,
    epoch: to.epoch,
    open: to.epoch === from.epoch,
    read: records.length,
    accepted: records.length,
    rejected: 0,
    duplicates: 0,
    ticks: 0,
    last: null,
    lost: [],
    files: [],
  }
}
