import type { PartitionBoundary } from '../core/seam/boundary.js'
import type { Releases } from '../core/seam/index.js'
import type { Connections } from '../stores/connections.js'
import type { PackedBatch } from '../stores/log/index.js'
import type { StreamPlan } from './stream-plan.js'

/** What a lane's thread is started with. */
export interface LaneThreadData {
  readonly plans: readonly StreamPlan[]
  readonly connections: Pick<Connections, 'kafka' | 'redis'>
}

/** A call with an `id` is answered under it: `assign` with the offset to read from, `watch` with how the partitions are. */
export type ToLane =
  | { readonly kind: 'assign'; readonly id: number; readonly stream: string; readonly partition: number }
  | { readonly kind: 'accept'; readonly id: number; readonly stream: string; readonly batch: PackedBatch }
  | { readonly kind: 'revoke'; readonly stream: string; readonly partition: number }
  | { readonly kind: 'halt'; readonly stream: string; readonly partition: number; readonly reason: string }
  | { readonly kind: 'watch'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number; readonly withinMs: number }
  | Answer<PartitionBoundary | Releases | readonly string[]>

export type FromLane =
  | { readonly kind: 'ready' }
  | { readonly kind: 'seek'; readonly stream: string; readonly partition: number; readonly offset: number }
  | { readonly kind: 'stored'; readonly stream: string; readonly partition: number; readonly next: number }
  | { readonly kind: 'halted'; readonly stream: string; readonly partition: number; readonly reason: string }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly fields: Record<string, unknown>
      readonly message: string
    }
  /** Where does this partition begin? */
  | { readonly kind: 'start-of'; readonly id: number; readonly stream: string; readonly partition: number }
  /** What was decided about the stream's log? */
  | { readonly kind: 'releases-of'; readonly id: number; readonly stream: string }
  /** Which ids lie in the lake in the epoch before this boundary's, below it? */
  | {
      readonly kind: 'ids-below'
      readonly id: number
      readonly stream: string
      readonly partition: number
      readonly boundary: PartitionBoundary
    }
  | Answer<unknown>

export interface Answer<T> {
  readonly kind: 'answer'
  readonly id: number
  readonly value?: T
  readonly error?: string
}
