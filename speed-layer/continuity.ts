import type { LastRecord } from '../core/seam/boundary.js'
import { discontinuity } from '../core/seam/index.js'
import type { HotStore } from '../stores/hot/index.js'
import type { LogStore } from '../stores/log/index.js'
import type { StreamPlan } from './stream-plan.js'

export interface ContinuityDeps {
  readonly hot: Pick<HotStore, 'state'>
  readonly log: Pick<LogStore, 'readBack'>
  /** The last record before a boundary in the lake, for hot state that has read nothing since it began there; null where none is known. */
  readonly lastBelow: (partition: number, offset: number) => Promise<LastRecord | null>
}

/**
 * Reads back the last record that a partition's hot state has behind it: a topic that was deleted and created again, or
 * lost its end, holds another one or none.
 * @returns what is wrong, naming topic, partition, offset, what was expected and what was found; null where nothing is
 */
export async function discontinuityOf(
  { stream, keyspace }: StreamPlan,
  partition: number,
  { hot, log, lastBelow }: ContinuityDeps,
): Promise<string | null> {
  const state = await hot.state(keyspace, partition)
  if (state === null) return null // lost this moment: it is read back, and looked at again
  const last = state.last ?? (await lastBelow(partition, state.since))
  if (last === null) return null
  const wrong = discontinuity(last, await log.readBack(stream.topic, partition, last.offset))
  if (wrong === null) return null
  return `topic "${stream.topic}" partition ${partition}: ${wrong}; for a new topic: tandem stream reset ${stream.name}`
}
