import { groupName } from './hot-keys.js'
import type { HotCell } from './hot-port.js'

/** The cells of one hash as `key\nregisters\nkey\nregisters…`: one argument that Lua splits, as thousands of them cost the client more. */
export interface GroupText {
  readonly name: string
  readonly epoch: number
  readonly cells: number
  readonly text: string
}

/** @throws RangeError where a key or registers are empty or hold a line break, which the format cannot carry */
export function groupCells(where: string, cells: readonly HotCell[]): readonly GroupText[] {
  const groups = new Map<string, { name: string; epoch: number; lines: string[] }>()
  let group: { name: string; epoch: number; lines: string[] } | undefined
  let previous: HotCell | undefined
  for (const cell of cells) {
    if (
      !group ||
      previous?.epoch !== cell.epoch ||
      previous.resolutionMs !== cell.resolutionMs ||
      previous.view !== cell.view
    ) {
      const name = groupName(cell.epoch, cell.resolutionMs, cell.view)
      group = groups.get(name)
      if (!group) {
        group = { name, epoch: cell.epoch, lines: [] }
        groups.set(name, group)
      }
      previous = cell
    }
    group.lines.push(cell.key, cell.registers)
  }
  return [...groups.values()].map(({ name, epoch, lines }) => {
    const text = lines.join('\n')
    if (text.startsWith('\n') || text.endsWith('\n') || text.includes('\n\n') || name.includes('\n')) {
      throw new RangeError(`${where}: ${name} has a cell with an empty key or empty registers`)
    }
    return { name, epoch, cells: lines.length / 2, text }
  })
}
