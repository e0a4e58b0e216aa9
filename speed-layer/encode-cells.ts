import { encodeRegisters } from '../core/cell/encode-registers.js'
import type { OpenCell } from '../core/compile/fold.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import { HOT_LIMITS, type HotCell } from '../stores/hot/index.js'

export interface EncodedCells {
  readonly cells: readonly HotCell[]
  /** UTF-8 bytes of keys and registers with their separators; while they are far from the limit, characters. */
  readonly bytes: number
}

/** The open cells as text, as of now: the fold may go on changing them while the text is on its way. */
export function encodeCells(views: ReadonlyMap<string, ViewDefinition>, open: readonly OpenCell[]): EncodedCells {
  const cells: HotCell[] = new Array(open.length)
  let bytes = 0
  let previous: ViewDefinition | undefined
  for (let i = 0; i < open.length; i++) {
    const { view: name, resolutionMs, epoch, key, registers: values } = open[i] as OpenCell
    const view = previous?.name === name ? previous : (views.get(name) as ViewDefinition)
    previous = view
    const registers = encodeRegisters(view.registers, values)
    bytes += key.length + registers.length + 2
    cells[i] = { view: name, resolutionMs, epoch, key, registers }
  }
  // A character of text is at most three bytes: only where that could matter are they counted one by one.
  if (3 * bytes > HOT_LIMITS.bytes) bytes = cells.reduce((sum, { key, registers }) => sum + Buffer.byteLength(key) + registers.length + 2, 0)
  return { cells, bytes }
}
