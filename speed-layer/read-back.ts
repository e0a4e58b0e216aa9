import { decodeRegisters } from '../core/cell/decode-registers.js'
import type { Fold } from '../core/compile/fold.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import type { PartitionBoundary } from '../core/seam/boundary.js'
import { KnownIds, markOfGeneration, type Releases, releasesMark, releasesOf } from '../core/seam/index.js'
import type { HotState, HotStore, Keyspace } from '../stores/hot/index.js'

export interface ReadBackDeps {
  readonly hot: Pick<HotStore, 'state' | 'open' | 'load' | 'ids' | 'forget'>
  readonly views: ReadonlyMap<string, ViewDefinition>
  /** Where the partition begins when Redis holds nothing of it. */
  readonly startOf: () => Promise<PartitionBoundary>
  /** What persons decided about the stream's log, as of now. */
  readonly releases: () => Promise<Releases>
  /** Ids of the epoch before the boundary's that lie below it in the lake. */
  readonly idsBelow: (boundary: PartitionBoundary) => Promise<readonly string[]>
}

export interface ReadBack {
  /** What the fold is at. */
  readonly state: HotState
  /** Ids that the next record may repeat; null where the stream has none. */
  readonly known: KnownIds | null
  /** What the cells were folded under and what follows is to be: the partition's. */
  readonly releases: Releases
}

/**
 * The whole recovery procedure: fills an empty fold with the cells that Redis holds, and where it holds none, begins
 * anew at the snapshot's boundary.
 */
export async function readBack(
  keyspace: Keyspace,
  partition: number,
  fold: Fold,
  withIds: boolean,
  { hot, views, startOf, idsBelow, releases: releasesNow }: ReadBackDeps,
): Promise<ReadBack> {
  for (;;) {
    const releases = await releasesNow()
    const mark = releasesMark(releases, partition)
    const stored = await hot.state(keyspace, partition)
    if (stored !== null && markOfGeneration(stored.generation) !== mark) {
      // folded before the decision, or by a state that came back from then
      await hot.forget(keyspace, partition, stored.generation)
      continue
    }
    if (stored === null) {
      await hot.open(keyspace, partition, { ...(await startOf()), mark })
      // One that was decided meanwhile: whoever put it in force looked for hot state before this one was there, so it is
      // for us to see it.
      if (releasesMark(await releasesNow(), partition) !== mark) continue
    }
    const loaded = await hot.load(keyspace, partition)
    if (loaded === null) continue // lost again since the line before
    const known = withIds ? await knownIds(keyspace, partition, loaded.state, { hot, idsBelow }) : null
    if (withIds && known === null) continue // someone else wrote since: cells and ids are of one state or of none
    for (const { view, resolutionMs, epoch, key, registers } of loaded.cells) {
      const definition = views.get(view)
      if (definition === undefined)
        throw new RangeError(`Redis holds cells of view "${view}", which stream "${keyspace.stream}" does not feed`)
      if (epoch >= loaded.state.floor)
        fold.load(view, resolutionMs, epoch, key, decodeRegisters(definition.registers, registers))
    }
    return { state: loaded.state, known, releases: releasesOf(releases, partition) }
  }
}

/** Everything that the next record may repeat as of exactly this state; null where it is not the stored one any more. */
async function knownIds(
  keyspace: Keyspace,
  partition: number,
  state: HotState,
  { hot, idsBelow }: Pick<ReadBackDeps, 'hot' | 'idsBelow'>,
): Promise<KnownIds | null> {
  const stored = await hot.ids(keyspace, partition, state)
  if (stored === null) return null
  const known = new KnownIds(state.epoch)
  for (const { epoch, ids } of stored) known.load(epoch, ids)
  // Hot state knows nothing from before it began, and while it is in its first epoch that matters.
  if (state.since > 0) known.load(state.epoch - 1, await idsBelow({ offset: state.since, epoch: state.epoch }))
  return known
}
