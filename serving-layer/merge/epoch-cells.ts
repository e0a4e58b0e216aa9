import type { Registers } from '../../core/cell/cell.js'
import { windowStart } from '../../core/time/window-start.js'
import { CellTable } from './cell-table.js'
import { getOrMake } from './get-or-make.js'
import type { Grouping } from './grouping.js'
import type { Shape } from './shape.js'

/** Merged tables of one grouping and one block size, by the block's start. */
interface Rollup {
  readonly grouping: Grouping
  readonly sizeMs: number
  readonly blocks: Map<number, CellTable>
  usedAtMs: number
}

/**
 * Hot cells of one view in one partition and epoch, by window, with the rollups that queries asked for. A rollup is
 * built at its first use and then follows each changed cell by new − old, so that a query never walks the cells of the
 * running minute again; an epoch is forgotten whole when a snapshot covers it.
 */
export class EpochCells {
  readonly windows = new Map<number, CellTable>()
  #rollups: Rollup[] = []

  constructor(
    readonly shape: Shape,
    /** The view's finest window, ms: the width of `windows`. */
    readonly finestMs: number,
    /** Start of the epoch, UTC ms. */
    readonly epochStartMs: number,
  ) {}

  /** Stores a cell's absolute registers. */
  set(windowStartMs: number, tuple: number, registers: Registers, text: string): void {
    const table = getOrMake(this.windows, windowStartMs, () => new CellTable(this.shape))
    const slot = table.slotOf(tuple)
    if (slot >= 0) {
      for (const rollup of this.#rollups) this.#adjust(rollup, windowStartMs, table, slot, tuple, registers)
      table.put(tuple, registers, text)
      return
    }
    table.put(tuple, registers, text)
    const added = table.slotOf(tuple)
    for (const rollup of this.#rollups) {
      const block = rollup.blocks.get(windowStart(windowStartMs, rollup.sizeMs))
      block?.addRow(rollup.grouping.of(tuple), table, added)
    }
  }

  /** Cells of the block [start, start + size), merged by the grouping; undefined where there are none. */
  block(grouping: Grouping, sizeMs: number, startMs: number, nowMs: number): CellTable | undefined {
    if (grouping.full && sizeMs === this.finestMs) return this.windows.get(startMs)
    const rollup = this.#rollup(grouping, sizeMs, nowMs)
    let block = rollup.blocks.get(startMs)
    if (!block) {
      block = this.#build(grouping, sizeMs, startMs)
      if (block) rollup.blocks.set(startMs, block)
    }
    return block
  }

  /** Forgets rollups that nobody used since `beforeMs`. */
  forgetUnused(beforeMs: number): void {
    this.#rollups = this.#rollups.filter((rollup) => rollup.usedAtMs >= beforeMs)
  }

  /** The same cells after the view's tuples were numbered anew; rollups are left behind. */
  renamed(idOf: (tuple: number) => number): EpochCells {
    const copy = new EpochCells(this.shape, this.finestMs, this.epochStartMs)
    for (const [start, table] of this.windows) copy.windows.set(start, table.renamed(idOf))
    return copy
  }

  get cells(): number {
    let cells = 0
    for (const table of this.windows.values()) cells += table.size
    return cells
  }

  get bytes(): number {
    let bytes = 0
    for (const table of this.windows.values()) bytes += table.bytes
    for (const rollup of this.#rollups) for (const block of rollup.blocks.values()) bytes += block.bytes
    return bytes
  }

  #adjust(rollup: Rollup, windowStartMs: number, table: CellTable, slot: number, tuple: number, to: Registers): void {
    const start = windowStart(windowStartMs, rollup.sizeMs)
    const block = rollup.blocks.get(start)
    // A block that cannot be corrected exactly is built again by the next query that needs it.
    if (block && !block.adjust(rollup.grouping.of(tuple), table, slot, to)) rollup.blocks.delete(start)
  }

  #rollup(grouping: Grouping, sizeMs: number, nowMs: number): Rollup {
    let rollup = this.#rollups.find((r) => r.grouping === grouping && r.sizeMs === sizeMs)
    if (!rollup) {
      rollup = { grouping, sizeMs, blocks: new Map(), usedAtMs: nowMs }
      this.#rollups.push(rollup)
    }
    rollup.usedAtMs = nowMs
    return rollup
  }

  #build(grouping: Grouping, sizeMs: number, startMs: number): CellTable | undefined {
    let block: CellTable | undefined
    for (const table of windowsWithin(this.windows, startMs, startMs + sizeMs, this.finestMs)) {
      block ??= new CellTable(this.shape, Math.min(table.size, 1024))
      block.addAll(table, grouping.of)
    }
    return block
  }
}

/** Tables whose window lies in [from, to), by whichever walk is the shorter. */
export function* windowsWithin<T>(
  windows: ReadonlyMap<number, T>,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Generator<T> {
  if ((toMs - fromMs) / stepMs <= windows.size) {
    for (let at = fromMs; at < toMs; at += stepMs) {
      const table = windows.get(at)
      if (table !== undefined) yield table
    }
  } else {
    for (const [start, table] of windows) if (start >= fromMs && start < toMs) yield table
  }
}
