import type { Segment } from '../../core/seam/segment.js'
import { windowStart } from '../../core/time/window-start.js'
import { breathe } from './breathe.js'
import { CellTable } from './cell-table.js'
import { windowsWithin } from './epoch-cells.js'
import { getOrMake } from './get-or-make.js'
import type { Grouping } from './grouping.js'
import type { SegmentCache, SegmentDay, SegmentReader } from './segment-cache.js'
import { utcDays } from './utc-days.js'

/** A stretch of event time [start, start + size) that is merged once and kept. */
export interface Block {
  readonly sizeMs: number
  readonly startMs: number
}

interface Kept {
  readonly table: CellTable
  usedAtMs: number
}

/** Which segments in force have cells in a window, for one UTC day. */
interface DayIndex {
  readonly segmentsOf: Map<number, Segment[]>
  usedAtMs: number
}

/** Blocks as they will be once a stream's new segments are in force, made while the old ones still serve. */
export interface Prepared {
  readonly owner: BatchCells
  readonly version: number
  readonly days: ReadonlyMap<string, SegmentDay>
  readonly blocks: ReadonlyMap<Map<number, Kept>, ReadonlyMap<number, CellTable>>
}

/** Rows merged without letting other work in: a few milliseconds. */
const SLICE_ROWS = 20_000

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
        blocks.set(kept, await extend(kept, grouping, sizeMs, [...days.values()]))
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
    for (const window of cells.keys()) push(index.segmentsOf, window, segment)
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
    const unread = segments.filter((segment) => this.cache.windowsOf(segment, day) === undefined)
    await Promise.all(unread.map((segment) => this.cache.load(this.reader, segment, day)))
    const index: DayIndex = { segmentsOf: new Map(), usedAtMs: nowMs }
    for (const segment of segments) {
      const windows = this.cache.windowsOf(segment, day)
      if (!windows) throw new Error(`segment ${segment.id}: its windows of day ${day} are not known after it was read`)
      for (const window of windows) push(index.segmentsOf, window, segment)
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

/** Copies of the blocks that new rows touch, with those rows merged in. */
async function extend(
  blocks: ReadonlyMap<number, Kept>,
  grouping: Grouping,
  sizeMs: number,
  days: readonly SegmentDay[],
): Promise<ReadonlyMap<number, CellTable>> {
  const extended = new Map<number, CellTable>()
  let rows = 0
  for (const day of days) {
    for (const [window, cells] of day) {
      const start = windowStart(window, sizeMs)
      const held = blocks.get(start)
      if (!held) continue
      const table = getOrMake(extended, start, () => held.table.renamed((id) => id))
      table.addAll(cells, grouping.of)
      rows += cells.size
      if (rows > SLICE_ROWS) {
        rows = 0
        await breathe()
      }
    }
  }
  return extended
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
