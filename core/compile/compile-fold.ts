import { parseCellKey } from '../cell/cell-key.js'
import type { Row } from '../define/column.js'
import type { StreamDefinition } from '../define/stream-definition.js'
import type { ViewDefinition } from '../define/view-definition.js'
import type { Fold } from './fold.js'
import { foldSource } from './fold-source.js'
import { createOpenCells, type HeldCell } from './open-cells.js'

/** What the generated code returns. */
interface Generated {
  add(row: Row, epoch: number): void
  /** Forgets the window used last. */
  reset(): void
}

/**
 * Generates the fold of one partition of a stream.
 *
 * @param views those fed by the stream; its ledger, if among them, counts every record.
 * @param epochMs length of an epoch: the ledger's window, and what a view's retention goes by.
 */
export function compileFold(stream: StreamDefinition, views: readonly ViewDefinition[], epochMs: number): Fold {
  const held = new Map(views.map((view) => [view.name, { view, cells: createOpenCells(view) }]))
  const ledger = [...held.values()].find(({ view }) => view.ledger)
  if (ledger !== undefined && ledger.view.windows[0] !== epochMs) {
    throw new Error(
      `ledger of stream "${stream.name}" has windows of ${ledger.view.windows[0]} ms, but epochs take ${epochMs} ms`,
    )
  }
  const fed = [...held.values()].filter(({ view }) => !view.ledger)
  for (const { view } of fed) {
    if (!view.parts.some((part) => part.stream.name === stream.name)) {
      throw new Error(`view "${view.name}" is not fed by stream "${stream.name}"`)
    }
  }
  // one array for good, emptied in place: the generated code refers to it
  const dirty: HeldCell[] = []
  const { code, constants } = foldSource(stream, fed, epochMs)
  // written by foldSource from the definitions, which name columns as quoted text alone
  const generated = new Function(...constants.keys(), 'dirty', code)(...constants.values(), dirty) as Generated

  let accepted: HeldCell | null = null
  const countIn = (cell: HeldCell): void => {
    cell.registers[0] = (cell.registers[0] as number) + 1
    if (!cell.dirty) {
      cell.dirty = true
      dirty.push(cell)
    }
  }
  return {
    add(row, epoch) {
      generated.add(row, epoch)
      if (ledger === undefined) return
      if (accepted === null || accepted.epoch !== epoch)
        accepted = ledger.cells.open(epoch, epoch * epochMs, ['accepted', null])
      countIn(accepted)
    },
    count(epoch, outcome, reason) {
      if (ledger !== undefined) countIn(ledger.cells.open(epoch, epoch * epochMs, [outcome, reason]))
    },
    takeDirty() {
      const taken = dirty.splice(0)
      for (const cell of taken) cell.dirty = false
      return taken
    },
    get dirtyCount() {
      return dirty.length
    },
    load(view, resolutionMs, epoch, key, registers) {
      const into = held.get(view)
      if (into === undefined) throw new Error(`stream "${stream.name}" has no view "${view}"`)
      const { windowStartMs, dims } = parseCellKey(key)
      if (dims.length !== into.view.dimensions.length || registers.length !== into.view.registers.length) {
        throw new Error(`view "${view}": the stored cell ${key} has another shape`)
      }
      into.cells.openAt(resolutionMs, epoch, windowStartMs, dims).registers = registers
    },
    drop(floor) {
      for (const { cells } of held.values()) cells.drop(floor)
      const kept = dirty.filter((cell) => cell.epoch >= floor)
      dirty.length = 0
      for (const cell of kept) dirty.push(cell)
      generated.reset()
      if (accepted !== null && accepted.epoch < floor) accepted = null
    },
    get size() {
      let size = 0
      for (const { cells } of held.values()) size += cells.size
      return size
    },
  }
}
