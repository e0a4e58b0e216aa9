import type { EncodedCell } from '../../core/cell/cell.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import type { Segment } from '../../core/seam/segment.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import { breathe } from './breathe.js'
import { CellTable } from './cell-table.js'
import { getOrMake } from './get-or-make.js'
import type { Shape } from './shape.js'
import { splitCellKey, type TupleSet } from './tuple-set.js'

/** Cells of one segment and UTC event day, by window. */
export type SegmentDay = ReadonlyMap<number, CellTable>

/** What a view lends for decoding its segments. */
export interface SegmentReader {
  readonly shape: Shape
  readonly tuples: TupleSet
}

interface Entry {
  readonly reader: SegmentReader
  readonly day: Promise<SegmentDay>
  bytes: number
}

export interface SegmentCacheOptions {
  readonly warm: Pick<WarmStore, 'cells'>
  /** Bound on decoded cells held, in bytes. */
  readonly maxBytes: number
  /** Reads from MongoDB under way at once. */
  readonly concurrency: number
}

/** Lists of windows remembered; a forgotten one costs one more read of its segment. */
const MAX_WINDOW_LISTS = 200_000

/** Cells decoded without letting other work in: about 3 ms. */
const SLICE = 1_000

/**
 * Decoded segments by id and day, least recently used first out. A segment never changes, so nothing here is ever
 * invalidated; which windows a segment has is remembered after its cells were let go.
 */
export class SegmentCache {
  readonly #entries = new Map<string, Entry>()
  readonly #windows = new Map<string, readonly number[]>()
  readonly #waiting: (() => void)[] = []
  #reading = 0
  #bytes = 0

  constructor(readonly options: SegmentCacheOptions) {}

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#entries.size
  }

  /** Windows that a segment has on a day; undefined before it was first read. */
  windowsOf(segment: Segment, day: number): readonly number[] | undefined {
    return this.#windows.get(`${segment.id} ${day}`)
  }

  /** Reads and decodes where it is not held; concurrent callers share one read. A failed read is not remembered. */
  load(reader: SegmentReader, segment: Segment, day: number): Promise<SegmentDay> {
    const key = `${segment.id} ${day}`
    const held = this.#entries.get(key)
    if (held) {
      this.#entries.delete(key)
      this.#entries.set(key, held)
      return held.day
    }
    const entry: Entry = { reader, day: this.#read(reader, segment, day), bytes: 0 }
    this.#entries.set(key, entry)
    entry.day.then(
      (tables) => this.#account(key, entry, tables),
      () => this.#entries.delete(key),
    )
    return entry.day
  }

  /** Forgets what was decoded for a reader, after its tuples were numbered anew. */
  forget(reader: SegmentReader): void {
    for (const [key, entry] of this.#entries) if (entry.reader === reader) this.#remove(key, entry)
  }

  #account(key: string, entry: Entry, tables: SegmentDay): void {
    this.#windows.set(key, [...tables.keys()])
    if (this.#windows.size > MAX_WINDOW_LISTS) this.#windows.delete(this.#windows.keys().next().value as string)
    if (this.#entries.get(key) !== entry) return
    entry.bytes = 100
    for (const table of tables.values()) entry.bytes += table.bytes
    this.#bytes += entry.bytes
    for (const [oldest, held] of this.#entries) {
      if (this.#bytes <= this.options.maxBytes) break
      if (oldest !== key && held.bytes > 0) this.#remove(oldest, held)
    }
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }

  async #read(reader: SegmentReader, segment: Segment, day: number): Promise<SegmentDay> {
    if (this.#reading >= this.options.concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#reading++
    try {
      const cells = await this.options.warm.cells(segment.id, { fromDay: day, toDay: day })
      return await decode(reader, cells)
    } finally {
      this.#reading--
      this.#waiting.shift()?.()
    }
  }
}

async function decode({ shape, tuples }: SegmentReader, cells: readonly EncodedCell[]): Promise<SegmentDay> {
  const windows = new Map<number, CellTable>()
  let count = 0
  for (const { key, registers } of cells) {
    const { windowStartMs, dimensions } = splitCellKey(key)
    const table = getOrMake(windows, windowStartMs, () => new CellTable(shape))
    table.put(tuples.idOfText(dimensions), decodeRegisters(shape.specs, registers), registers)
    if (++count % SLICE === 0) await breathe()
  }
  for (const table of windows.values()) table.trim()
  return windows
}
