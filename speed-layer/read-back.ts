import { decodeRegisters } from '../core/cell/decode-registers.js'
import type { Fold } from '../core/compile/fold.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import type { PartitionBoundary } from '../core/seam/boundary.js'
import type { HotState, HotStore, Keyspace } from '../stores/hot/index.js'

export interface ReadBackDeps {
  readonly hot: Pick<HotStore, 'state' | 'open' | 'load'>
  readonly views: ReadonlyMap<string, ViewDefinition>
  /** Where the partition begins when Redis holds nothing of it. */
  readonly startOf: () => Promise<PartitionBoundary>
}

/**
 * The whole recovery procedure: fills an empty fold with the cells that Redis holds, and where it holds none, begins
 * anew at the snapshot's boundary. @returns the state that the fold is now at
 */
export async function readBack(
  keyspace: Keyspace,
  partition: number,
  fold: Fold,
  { hot, views, startOf }: ReadBackDeps,
): Promise<HotState> {
  for (;;) {
    if ((await hot.state(keyspace, partition)) === null) await hot.open(keyspace, partition, await startOf())
    const loaded = await hot.load(keyspace, partition)
    if (loaded === null) continue // lost again since the line before
    for (const { view, resolutionMs, epoch, key, registers } of loaded.cells) {
      const definition = views.get(view)
      if (definition === undefined)
        throw new RangeError(`Redis holds cells of view "${view}", which stream "${keyspace.stream}" does not feed`)
      if (epoch >= loaded.state.floor)
        fold.load(view, resolutionMs, epoch, key, decodeRegisters(definition.registers, registers))
    }
    return loaded.state
  }
}
