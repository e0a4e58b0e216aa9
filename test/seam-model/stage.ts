import type { EncodedCell } from '../../core/cell/cell.js'
import type { PartitionBoundary, Snapshot } from '../../core/seam/index.js'
import type { HotStore, Keyspace } from '../../stores/hot/index.js'
import type { ModelLog } from './model-log.js'
import type { Rule } from './rules.js'
import type { SeededRandom } from './seeded-random.js'

/** What owners, the batch layer and readers share: the engines, and how the history is told. */
export interface Stage {
  readonly random: SeededRandom
  readonly log: ModelLog
  readonly hot: HotStore
  readonly keyspace: Keyspace
  /** The snapshot in force. */
  pointer: Snapshot | null
  /** Every snapshot that was in force. */
  readonly history: readonly Snapshot[]
  /** Whether the sealer appends a tick to a partition that no later record ends. */
  readonly ticks: boolean
  /** How often Redis lost state. */
  readonly losses: number
  /** Answers checked. */
  reads: number
  /** Parity results that were `equal`. */
  compared: number
  keeps(rule: Rule): boolean
  say(line: string): void
  newName(prefix: string): string
  /** First epoch that a snapshot does not cover. */
  sealedUpTo(snapshot: Snapshot | null): number
  /** Puts a snapshot in force; the caller has made sure that its base still is. */
  publish(snapshot: Snapshot): void
  /** Ids of the epoch before the boundary's that lie below it, as the lake has them. */
  idsBelow(partition: number, boundary: PartitionBoundary): readonly string[]
  cellsOf(segmentId: string): readonly EncodedCell[]
}

/** What can happen to the engine as a whole. */
export interface Accidents {
  wipe(): Promise<void>
  save(): Promise<unknown>
  restore(image: unknown): Promise<void>
}

/** Hot state with a way to make it fail. */
export interface Engine {
  readonly hot: HotStore
  readonly accidents: Accidents
  readonly keyspace: Keyspace
}
