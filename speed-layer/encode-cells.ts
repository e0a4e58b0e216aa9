import { encodeRegisters } from '../core/cell/encode-registers.js'
import type { OpenCell } from '../core/compile/fold.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import { HOT_LIMITS, type HotCell } from '../stores/hot/index.js'

export interface EncodedCells {
  /** Those of one view, window size and epoch one after the other, as they are stored. */
  readonly cells: readonly HotCell[]
  /** UTF-8 bytes of keys and registers with their separators; while they are far from the limit, characters. */
  readonly bytes: number
}

interface Family {
  readonly view: ViewDefinition
  readonly resolutionMs: number
  readonly epoch: number
  readonly cells: HotCell[]
}

/** The open cells as text, as of now: the fold may go on changing them while the text is on its way. */
export function encodeCells(views: ReadonlyMap<string, ViewDefinition>, open: readonly OpenCell[]): EncodedCells {
  const families: Family[] = [] // a handful, looked through in order
  let bytes = 0
  for (let i = 0; i < open.length; i++) {
    const { view, resolutionMs, epoch, key, registers: values } = open[i] as OpenCell
    let family = families.find((f) => f.resolutionMs === resolutionMs && f.epoch === epoch && f.view.name === view)
    if (family === undefined) {
      family = { view: views.get(view) as ViewDefinition, resolutionMs, epoch, cells: [] }
      families.push(family)
    }
    const registers = encodeRegisters(family.view.registers, values)
    bytes += key.length + registers.length + 2
    family.cells.push({ view, resolutionMs, epoch, key, registers })
  }
  const cells = families.flatMap((family) => family.cells)
  // A character of text is at most three bytes: only where that could matter are they counted one by one.
  if (3 * bytes > HOT_LIMITS.bytes)
    bytes = cells.reduce((sum, { key, registers }) => sum + Buffer.byteLength(key) + registers.length + 2, 0)
  return { cells, bytes }
}
