import { groupName } from './hot-keys.js'
import type { HotCell, HotChanges, HotCursor, HotState } from './hot-port.js'

/** Follows a partition from nothing until it is complete: every cell with exactly the state that they belong to. */
export async function loadByFollowing(
  follow: (cursor: HotCursor | undefined) => Promise<HotChanges>,
): Promise<{ state: HotState; cells: readonly HotCell[] } | null> {
  const held = new Map<string, Map<string, HotCell>>()
  let cursor: HotCursor | undefined
  for (;;) {
    const changes = await follow(cursor)
    if (changes.reset) held.clear()
    for (const cell of changes.cells) {
      const name = groupName(cell.epoch, cell.resolutionMs, cell.view)
      const group = held.get(name)
      if (group) group.set(cell.key, cell)
      else held.set(name, new Map([[cell.key, cell]]))
    }
    cursor = changes.cursor
    const { state } = changes
    if (!changes.complete) continue
    if (!state) return null
    const cells = [...held.values()].flatMap((group) => [...group.values()])
    return { state, cells: cells.filter((cell) => cell.epoch >= state.floor) }
  }
}
