import type { Segment } from '../../core/seam/segment.js'
import { windowStart } from '../../core/time/window-start.js'
import { CellTable } from './cell-table.js'
import { DayIndex, type DayTier } from './day-index.js'
import { windowsWithin } from './epoch-cells.js'
import { extendBlocks, type Kept } from './extend-blocks.js'
import { getOrMake } from './get-or-make.js'
import type { Grouping } from './grouping.js'
import type { SegmentCache, SegmentDay, SegmentReader } from './segment-cache.js'
import { utcDay, utcDays } from './utc-days.js'

/** A stretch of event time [start, start + size) that is merged once and kept. */
export interface Block {
  readonly sizeMs: number
  readonly startMs: number
}

/** Blocks as they will be once a stream's new segments are in force, made while the old ones still serve. */
export interface Prepared {
  readonly owner: BatchCells
  readonly version: number
  readonly days: ReadonlyMap<string, SegmentDay>
  readonly blocks: ReadonlyMap<Map<number, Kept>, ReadonlyMap<number, CellTable>>
}

/**
 * The batch layer's part of one view: segments in force, merged per block and grouping. Many small segments touch a
 * window, so each block is merged once; a snapshot that only adds segments adds their rows to the blocks it touches,
 * prepared beside and exchanged in one step.
 */
export class BatchCells {
  readonly #inForce = new Map<string, readonly Segment[]>()
  readonly #byDay = new Map<number, Segment[]>()
  readonly #days = new Map<number, DayIndex>()
  readonly #blocks = new Map<Grouping, Map<number, Map<number, Kept>>>()
  #version = 0

  constructor(
    readonly reader: SegmentReader,
    readonly finestMs: number,
    readonly cache: SegmentCache,
  ) {}

  /** Changes whenever other segments come into force: blocks of two versions must not be mixed. */
  get version(): number {
    return this.#version
  }

  /** Segments in force, by stream. */
  get inForce(): ReadonlyMap<string, readonly Segment[]> {
    return this.#inForce
  }

  get segments(): number {
    let count = 0
    for (const segments of this.#inForce.values()) count += segments.length
    return count
  }

  /** UTC days that have cells, ascending. */
  get days(): readonly number[] {
    return [...this.#byDay.keys()].sort((a, b) => a - b)
  }

  get bytes(): number {
    let bytes = 0
    for (const kept of this.#allBlocks()) bytes += kept.table.bytes
    return bytes
  }

  /** A block that is at hand: its merged cells, null where no segment has any; undefined where it must be read first. */
  peek(grouping: Grouping, { sizeMs, startMs }: Block, nowMs: number): CellTable | null | undefined {
    const kept = this.#blocks.get(grouping)?.get(sizeMs)?.get(startMs)
    if (kept) {
      kept.usedAtMs = nowMs
      return kept.table
    }
    return this.#knownEmpty({ sizeMs, startMs }, nowMs) ? null : undefined
  }

  /** Reads and merges a block. The result holds for `version` as it was when the promise resolved. */
  async read(grouping: Grouping, block: Block, nowMs: number): Promise<CellTable | null> {
    for (;;) {
      const held = this.peek(grouping, block, nowMs)
      if (held !== undefined) return held
      const version = this.#version
      const table = await this.#merge(grouping, block, nowMs)
      if (version !== this.#version) continue
      if (table) this.#keep(grouping, block, table, nowMs)
      return table
    }
  }

  /** Which tiers hold the segments' cells of the UTC days that [fromMs, toMs) touches, days without cells left out. */
  async tiers(fromMs: number, toMs: number, nowMs: number): Promise<ReadonlyMap<number, readonly DayTier[]>> {
    const first = utcDay(fromMs)
    const last = utcDay(toMs - 1)
    const days = this.days.filter((day) => day >= first && day <= last)
    const indices = await Promise.all(days.map((day) => this.#indexDay(day, nowMs)))
    return new Map(indices.map((index, i) => [days[i] as number, index.tiers]))
  }

  /** Cells of every segment in force, by segment and day; for answers that want everything. */
  async readAll(): Promise<readonly SegmentDay[]> {
    const pairs = [...this.#inForce.values()].flat().flatMap((segment) => segment.days.map((day) => ({ segment, day })))
    return Promise.all(pairs.map(({ segment, day }) => this.cache.load(this.reader, segment, day)))
  }

  /** Makes ready what `activate` will exchange. Null where segments go away: their blocks are merged anew when asked for. */
  async prepare(stream: string, segments: readonly Segment[]): Promise<Prepared | null> {
    const version = this.#version
    const { added, removed } = this.#difference(stream, segments)
    if (removed.length > 0) return null
    const days = new Map<string, SegmentDay>()
    for (const segment of added) {
      for (const day of segment.days) {
        if (this.#days.has(day)) days.set(`${segment.id} ${day}`, await this.cache.load(this.reader, segment, day))
      }
    }
    const blocks = new Map<Map<number, Kept>, ReadonlyMap<number, CellTable>>()
    for (const [grouping, sizes] of this.#blocks) {
      for (const [sizeMs, kept] of sizes) {
        blocks.set(kept, await extendBlocks(kept, grouping, sizeMs, [...days.values()]))
      }
    }
    return { owner: this, version, days, blocks }
  }

  /** Puts a stream's segments in force, in one step. */
  activate(stream: string, segments: readonly Segment[], prepared: Prepared | null): void {
    const { added, removed } = this.#difference(stream, segments)
    if (added.length === 0 && removed.length === 0) return
    const usable = prepared?.owner === this && prepared.version === this.#version ? prepared : null
    this.#inForce.set(stream, segments)
    this.#version++
    this.#byDay.clear()
    for (const segment of [...this.#inForce.values()].flat()) {
      for (const day of segment.days) push(this.#byDay, day, segment)
    }
    for (const segment of [...added, ...removed]) {
      for (const day of segment.days) this.#changeDay(segment, day, usable)
    }
    if (usable) this.#exchange(usable)
  }

  /** Lets go of what nobody used since `beforeMs`. */
  forgetUnused(beforeMs: number): void {
    for (const [day, index] of this.#days) if (index.usedAtMs < beforeMs) this.#forgetDay(day)
    for (const sizes of this.#blocks.values()) {
      for (const blocks of sizes.values()) {
        for (const [start, kept] of blocks) if (kept.usedAtMs < beforeMs) blocks.delete(start)
      }
    }
  }

  #difference(stream: string, segments: readonly Segment[]): { added: Segment[]; removed: Segment[] } {
    const before = this.#inForce.get(stream) ?? []
    const beforeIds = new Set(before.map((segment) => segment.id))
    const afterIds = new Set(segments.map((segment) => segment.id))
    return {
      added: segments.filter((segment) => !beforeIds.has(segment.id)),
      removed: before.filter((segment) => !afterIds.has(segment.id)),
    }
  }

  #changeDay(segment: Segment, day: number, prepared: Prepared | null): void {
    const index = this.#days.get(day)
    if (!index) return
    const cells = prepared?.days.get(`${segment.id} ${day}`)
    if (!cells) {
      this.#forgetDay(day)
      return
    }
    const known = this.cache.known(segment, day)
    if (known) index.add(segment, known)
    else this.#forgetDay(day)
  }

  #exchange(prepared: Prepared): void {
    const touched = [...prepared.days.values()].flatMap((day) => [...day.keys()])
    for (const sizes of this.#blocks.values()) {
      for (const [sizeMs, kept] of sizes) {
        const ready = prepared.blocks.get(kept)
        for (const start of new Set(touched.map((window) => windowStart(window, sizeMs)))) {
          const held = kept.get(start)
          if (!held) continue
          const table = ready?.get(start)
          // A block merged while the exchange was prepared lacks the new segments: it is merged anew when asked for.
          if (table) kept.set(start, { table, usedAtMs: held.usedAtMs })
          else kept.delete(start)
        }
      }
    }
  }

  #forgetDay(day: number): void {
    this.#days.delete(day)
    for (const sizes of this.#blocks.values()) {
      for (const [sizeMs, blocks] of sizes) {
        for (const start of blocks.keys()) if (utcDays(start, start + sizeMs).includes(day)) blocks.delete(start)
      }
    }
  }

  #knownEmpty({ sizeMs, startMs }: Block, nowMs: number): boolean {
    for (const day of utcDays(startMs, startMs + sizeMs)) {
      if (!this.#byDay.has(day)) continue
      const index = this.#days.get(day)
      if (!index) return false
      index.usedAtMs = nowMs
      for (const _ of windowsWithin(index.segmentsOf, startMs, startMs + sizeMs, this.finestMs)) return false
    }
    return true
  }

  async #merge(grouping: Grouping, { sizeMs, startMs }: Block, nowMs: number): Promise<CellTable | null> {
    const endMs = startMs + sizeMs
    let table: CellTable | null = null
    for (const day of utcDays(startMs, endMs)) {
      const index = await this.#indexDay(day, nowMs)
      const segments = new Set<Segment>()
      for (const some of windowsWithin(index.segmentsOf, startMs, endMs, this.finestMs)) {
        for (const segment of some) segments.add(segment)
      }
      for (const segment of segments) {
        const cells = await this.cache.load(this.reader, segment, day)
        for (const rows of windowsWithin(cells, startMs, endMs, this.finestMs)) {
          table ??= new CellTable(this.reader.shape, Math.min(rows.size, 1024))
          table.addAll(rows, grouping.of)
        }
      }
    }
    table?.trim()
    return table
  }

  async #indexDay(day: number, nowMs: number): Promise<DayIndex> {
    const held = this.#days.get(day)
    if (held) {
      held.usedAtMs = nowMs
      return held
    }
    const version = this.#version
    const segments = this.#byDay.get(day) ?? []
    const unread = segments.filter((segment) => this.cache.known(segment, day) === undefined)
    await Promise.all(unread.map((segment) => this.cache.load(this.reader, segment, day)))
    const index = new DayIndex(nowMs)
    for (const segment of segments) {
      const known = this.cache.known(segment, day)
      if (!known) throw new Error(`segment ${segment.id}: its windows of day ${day} are not known after it was read`)
      index.add(segment, known)
    }
    if (version === this.#version && segments.length > 0) this.#days.set(day, index)
    return index
  }

  #keep(grouping: Grouping, { sizeMs, startMs }: Block, table: CellTable, nowMs: number): void {
    const sizes = getOrMake(this.#blocks, grouping, () => new Map<number, Map<number, Kept>>())
    const blocks = getOrMake(sizes, sizeMs, () => new Map<number, Kept>())
    blocks.set(startMs, { table, usedAtMs: nowMs })
  }

  *#allBlocks(): Generator<Kept> {
    for (const sizes of this.#blocks.values()) for (const blocks of sizes.values()) yield* blocks.values()
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
