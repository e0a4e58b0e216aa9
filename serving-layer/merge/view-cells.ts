import type { Registers } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { foldResolution } from '../../core/define/view-retention.js'
import type { Segment } from '../../core/seam/segment.js'
import { BatchCells } from './batch-cells.js'
import { blockSizes } from './blocks.js'
import { EpochCells } from './epoch-cells.js'
import { getOrMake } from './get-or-make.js'
import { Groupings } from './grouping.js'
import type { SegmentCache } from './segment-cache.js'
import { type Shape, shapeOf } from './shape.js'
import { splitCellKey, TupleSet } from './tuple-set.js'
import { utcDayStart } from './utc-days.js'

/** Hot cells of a view in one partition of one of its streams, by epoch. */
export type PartitionCells = Map<number, EpochCells>

/** Everything the serving layer holds of one view: its tuples, its hot cells per partition and epoch, its batch blocks. */
export class ViewCells {
  readonly shape: Shape
  readonly finestMs: number
  readonly sizes: readonly number[]
  readonly hot = new Map<string, PartitionCells>()
  #groupings: Groupings
  #batch: BatchCells
  #renumberAt: number

  constructor(
    readonly view: ViewDefinition,
    readonly cache: SegmentCache,
    /** Tuples up to which nothing is numbered anew. */
    readonly manyTuples: number,
    /** Epoch length of a stream that feeds the view, ms. */
    readonly epochMsOf: (stream: string) => number,
  ) {
    this.#renumberAt = manyTuples
    this.shape = shapeOf(view.registers)
    this.finestMs = view.windows[0] as number
    this.sizes = blockSizes(view.windows)
    this.#groupings = new Groupings(new TupleSet(), view.dimensions.length)
    this.#batch = this.#newBatch()
  }

  get groupings(): Groupings {
    return this.#groupings
  }

  get batch(): BatchCells {
    return this.#batch
  }

  /** Stores the absolute registers of a hot cell at the finest window. */
  setHot(
    { name, stream }: { readonly name: string; readonly stream: string },
    epoch: number,
    key: string,
    registers: Registers,
    text: string,
  ): void {
    const { windowStartMs, dimensions } = splitCellKey(key)
    const epochs = getOrMake(this.hot, name, () => new Map<number, EpochCells>())
    const startMs = () => epoch * this.epochMsOf(stream)
    const cells = getOrMake(epochs, epoch, () => new EpochCells(this.shape, this.finestMs, startMs()))
    cells.set(windowStartMs, this.#groupings.tuples.idOfText(dimensions), registers, text)
  }

  /** Forgets a partition's hot cells: all of them, or those of epochs below `floor`. */
  dropHot(partition: string, floor = Number.POSITIVE_INFINITY): void {
    const epochs = this.hot.get(partition)
    if (!epochs) return
    for (const epoch of epochs.keys()) if (epoch < floor) epochs.delete(epoch)
    if (epochs.size === 0) this.hot.delete(partition)
  }

  get hotCells(): number {
    let cells = 0
    for (const epochs of this.hot.values()) for (const epoch of epochs.values()) cells += epoch.cells
    return cells
  }

  get bytes(): number {
    let bytes = this.#batch.bytes
    for (const epochs of this.hot.values()) for (const epoch of epochs.values()) bytes += epoch.bytes
    return bytes
  }

  /** Lets go of rollups and blocks that nobody used since `beforeMs`, and of tuples that no hot cell has any more. */
  tidy(beforeMs: number): void {
    this.#batch.forgetUnused(beforeMs)
    for (const epochs of this.hot.values()) for (const epoch of epochs.values()) epoch.forgetUnused(beforeMs)
    if (this.#groupings.tuples.size > this.#renumberAt) this.#renumber()
  }

  /**
   * Numbers the tuples of the hot cells anew and lets go of all that used the old numbers. Tuples only ever grow in
   * number (words trend and fade), so a process that runs for months needs it; the batch part is read again on demand.
   */
  #renumber(): void {
    const before = this.#groupings.tuples
    const after = new TupleSet()
    const idOf = (tuple: number) => after.idOf(before.at(tuple))
    for (const epochs of this.hot.values()) {
      for (const [epoch, cells] of epochs) epochs.set(epoch, cells.renamed(idOf))
    }
    const inForce = this.#batch.inForce
    this.#groupings = new Groupings(after, this.view.dimensions.length)
    this.cache.forget(this.#batch.reader)
    this.#batch = this.#newBatch()
    for (const [stream, segments] of inForce) this.#batch.activate(stream, segments, null)
    this.#renumberAt = Math.max(this.manyTuples, after.size * 2)
  }

  #newBatch(): BatchCells {
    const coarsestMs = (segment: Segment, day: number) =>
      foldResolution(this.view, utcDayStart(day), lastEpochStart(segment, this.epochMsOf(segment.stream)))
    return new BatchCells({ shape: this.shape, tuples: this.#groupings.tuples, coarsestMs }, this.finestMs, this.cache)
  }
}

/** Start of the newest epoch that a segment holds records of; of imported rows, which have none, later than any. */
function lastEpochStart({ ranges, imported }: Segment, epochMs: number): number {
  if (imported) return Number.POSITIVE_INFINITY
  return Math.max(...ranges.map(({ to }) => to.epoch - 1)) * epochMs
}
