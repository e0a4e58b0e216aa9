import type { Registers } from '../cell/cell.js'
import { cellKey } from '../cell/cell-key.js'
import { emptyRegisters } from '../cell/empty-registers.js'
import type { Scalar } from '../define/column.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { windowStart } from '../time/window-start.js'
import type { OpenCell } from './fold.js'

/** A cell in memory, with the cells of the coarser windows around it. */
export interface HeldCell extends OpenCell {
  registers: Registers
  dirty: boolean
  /** The cell itself, then those of every coarser window: a record is added to all of them. */
  chain: readonly HeldCell[]
}

/** Dimension value → … → cell, one level per dimension (one level under `null` where the view has none). */
export type CellTree = Map<Scalar, CellTree | HeldCell>

/** The open cells of one view of one partition: per resolution, epoch and window a tree by dimension. */
export interface OpenCells {
  /** The tree of a finest window, made where it is missing. */
  tree(epoch: number, windowStartMs: number): CellTree
  /** The cell of a finest window, made where it is missing, with its coarser ones. */
  open(epoch: number, windowStartMs: number, dims: readonly Scalar[]): HeldCell
  /** The cell of any declared window, made where it is missing. @throws where the view declares no such window. */
  openAt(resolutionMs: number, epoch: number, windowStartMs: number, dims: readonly Scalar[]): HeldCell
  drop(floor: number): void
  readonly size: number
}

interface EpochCells {
  readonly windows: Map<number, CellTree>
  cells: number
}

export function createOpenCells(view: ViewDefinition): OpenCells {
  const families = view.windows.map(() => new Map<number, EpochCells>())
  const [finestMs, ...coarserMs] = view.windows as [number, ...number[]]
  const [finest] = families as [Map<number, EpochCells>, ...Map<number, EpochCells>[]]

  const epochOf = (family: Map<number, EpochCells>, epoch: number): EpochCells => {
    let held = family.get(epoch)
    if (held === undefined) {
      held = { windows: new Map(), cells: 0 }
      family.set(epoch, held)
    }
    return held
  }
  const treeOf = ({ windows }: EpochCells, start: number): CellTree => branch(windows, start)
  const find = (
    family: Map<number, EpochCells>,
    resolutionMs: number,
    epoch: number,
    start: number,
    dims: readonly Scalar[],
  ) => {
    const within = epochOf(family, epoch)
    const path = dims.length === 0 ? [null] : dims
    let tree = treeOf(within, start)
    for (let i = 0; i + 1 < path.length; i++) {
      tree = branch(tree as Map<Scalar, CellTree>, path[i] as Scalar)
    }
    const last = path.at(-1) as Scalar
    let cell = tree.get(last) as HeldCell | undefined
    if (cell === undefined) {
      cell = {
        view: view.name,
        resolutionMs,
        epoch,
        key: cellKey(start, dims),
        registers: emptyRegisters(view.registers),
        dirty: false,
        chain: [],
      }
      cell.chain = [cell]
      tree.set(last, cell)
      within.cells++
    }
    return cell
  }
  const open = (epoch: number, start: number, dims: readonly Scalar[]): HeldCell => {
    const cell = find(finest, finestMs, epoch, start, dims)
    if (coarserMs.length > 0 && cell.chain.length === 1) {
      cell.chain = [
        cell,
        ...coarserMs.map((sizeMs, i) =>
          find(families[i + 1] as Map<number, EpochCells>, sizeMs, epoch, windowStart(start, sizeMs), dims),
        ),
      ]
    }
    return cell
  }
  return {
    tree: (epoch, start) => treeOf(epochOf(finest, epoch), start),
    open,
    openAt(resolutionMs, epoch, start, dims) {
      const at = view.windows.indexOf(resolutionMs)
      if (at < 0) throw new Error(`view "${view.name}" has no window of ${resolutionMs} ms`)
      return at === 0
        ? open(epoch, start, dims)
        : find(families[at] as Map<number, EpochCells>, resolutionMs, epoch, start, dims)
    },
    drop(floor) {
      for (const family of families) for (const epoch of family.keys()) if (epoch < floor) family.delete(epoch)
    },
    get size() {
      let size = 0
      for (const family of families) for (const { cells } of family.values()) size += cells
      return size
    },
  }
}

/** The tree under a key, made where it is missing. */
function branch<K>(of: Map<K, CellTree>, key: K): CellTree {
  let tree = of.get(key)
  if (tree === undefined) {
    tree = new Map()
    of.set(key, tree)
  }
  return tree
}
