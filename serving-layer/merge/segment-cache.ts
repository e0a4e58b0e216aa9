import type { EncodedCell } from '../../core/cell/cell.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import type { Segment } from '../../core/seam/segment.js'
import type { CellsOfDay, SegmentCells } from '../../stores/tiers/index.js'
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
  /** How coarse a segment's cells of a UTC day may be, ms, though the tier that they were read from holds the finest. */
  readonly coarsestMs: (segment: Segment, day: number) => number
}

/** What is remembered of a segment's day after its cells were let go. */
export interface KnownDay {
  /** Starts of the windows that have cells. */
  readonly windows: readonly number[]
  /** Where the cells were read from. */
  readonly tier: CellsOfDay['tier']
  /** Window size of the coarsest cells, ms. */
  readonly resolutionMs: number
}

interface Entry {
  readonly reader: SegmentReader
  readonly day: Promise<SegmentDay>
  bytes: number
}

export interface SegmentCacheOptions {
  readonly source: SegmentCells
  /** Bound on decoded cells held, in bytes. */
  readonly maxBytes: number
  /** Reads from MongoDB and the lake under way at once. */
  readonly concurrency: number
}

/** Days remembered; a forgotten one costs one more read of its segment. */
const MAX_KNOWN_DAYS = 200_000

/** Cells decoded without letting other work in: about 3 ms. */
const SLICE = 1_000

/**
 * Decoded segments by id and day, least recently used first out. A segment never changes, so nothing here is ever
 * invalidated; which windows a segment has, and from where, is remembered after its cells were let go.
 */
export class SegmentCache {
  readonly #entries = new Map<string, Entry>()
  readonly #known = new Map<string, KnownDay>()
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

  /** What a segment has on a day; undefined before it was first read. */
  known(segment: Segment, day: number): KnownDay | undefined {
    return this.#known.get(`${segment.id} ${day}`)
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
    if (this.#entries.get(key) !== entry) return
    entry.bytes = 100
    for (const table of tables.values()) entry.bytes += table.bytes
    this.#bytes += entry.bytes
    for (const [oldest, held] of this.#entries) {
      if (this.#bytes <= this.options.maxBytes) break
      if (oldest !== key && held.bytes > 0) this.#remove(oldest, held)
    }
  }

  #remember(key: string, known: KnownDay): void {
    this.#known.delete(key)
    this.#known.set(key, known)
    if (this.#known.size > MAX_KNOWN_DAYS) this.#known.delete(this.#known.keys().next().value as string)
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }

  async #read(reader: SegmentReader, segment: Segment, day: number): Promise<SegmentDay> {
    if (this.#reading >= this.options.concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#reading++
    try {
      const { cells, tier, resolutionMs } = await this.options.source.read(segment, day)
      const decoded = await decode(reader, cells)
      const coarsestMs = Math.max(resolutionMs ?? 0, reader.coarsestMs(segment, day))
      this.#remember(`${segment.id} ${day}`, { windows: [...decoded.keys()], tier, resolutionMs: coarsestMs })
      return decoded
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
