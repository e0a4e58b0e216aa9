import type { HotCell, HotCursor, HotState, HotStore, Keyspace } from '../../stores/hot/hot-port.js'

/** Hot state of one partition with its cells of some epochs, at every window. */
export interface HotEpochs {
  readonly state: HotState | null
  readonly cells: readonly HotCell[]
}

/**
 * Cells of the epochs [fromEpoch, toEpoch) with exactly the state that they belong to. Only these are held: the running
 * epoch, which keeps changing, passes by.
 */
export async function hotEpochs(
  hot: HotStore,
  keyspace: Keyspace,
  partition: number,
  epochs: { readonly fromEpoch: number; readonly toEpoch: number },
): Promise<HotEpochs> {
  const held = new Map<string, HotCell>()
  let cursor: HotCursor | undefined
  for (;;) {
    const changes = await hot.follow(keyspace, partition, cursor)
    if (changes.reset) held.clear()
    for (const cell of changes.cells) {
      if (cell.epoch < epochs.fromEpoch || cell.epoch >= epochs.toEpoch) continue
      held.set(`${cell.epoch}\n${cell.resolutionMs}\n${cell.view}\n${cell.key}`, cell)
    }
    cursor = changes.cursor
    if (!changes.complete) continue
    const { state } = changes
    return { state, cells: state === null ? [] : [...held.values()].filter((cell) => cell.epoch >= state.floor) }
  }
}
