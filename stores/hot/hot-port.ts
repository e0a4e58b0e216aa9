import type { LastRecord } from '../../core/seam/boundary.js'

/** All hot state of a stream's view set: one fold, one `next`, one call serve all its views. */
export interface Keyspace {
  readonly stream: string
  /** Hash of the sorted view hashes, ledger included (first 16 hex digits). */
  readonly viewSet: string
}

/** State of one partition, stored beside its cells and changed only together with them. */
export interface HotState {
  /** Random, written when the keyspace of the partition was created; a new one means that state was lost in between. */
  readonly generation: string
  /** Next offset to read: every delivered record in [since, next) is in the cells, unless below the floor. */
  readonly next: number
  /** Running maximum epoch of the records below `next`. */
  readonly epoch: number
  /** Nonce of the last applied call. */
  readonly nonce: string
  /** Epochs below it were dropped (or never filled): writes below it move the offset only. */
  readonly floor: number
  /** Offset where this hot state began. */
  readonly since: number
  /** Largest accepted event time below `next`, UTC ms; null before the first. */
  readonly maxEventTimeMs: number | null
  readonly last: LastRecord | null
  /** Epochs that have cells, ascending. */
  readonly epochs: readonly number[]
}

/** A cell's absolute registers after the delta. */
export interface HotCell {
  readonly view: string
  readonly resolutionMs: number
  readonly epoch: number
  /** See `EncodedCell`. */
  readonly key: string
  readonly registers: string
}

/** What one flush applies: covers raw offsets [from, to). */
export interface Delta {
  readonly generation: string
  readonly from: number
  readonly to: number
  readonly epoch: number
  readonly maxEventTimeMs: number | null
  readonly last: LastRecord | null
  /** Fresh and random for each call. */
  readonly nonce: string
  /** Cells changed, with their absolute registers as of `to`. */
  readonly cells: readonly HotCell[]
}

export type ApplyResult =
  | { readonly kind: 'applied'; readonly floor: number }
  /** The stored nonce is this call's: it had succeeded and its reply was lost. */
  | { readonly kind: 'already-applied'; readonly floor: number }
  /** The stored state does not start where the delta does; null: there is no state (wiped). */
  | { readonly kind: 'refused'; readonly stored: HotState | null }

/** What a follower received in one atomic step. */
export interface HotChanges {
  /** The state exactly at which `cells` leave the follower; null where there is no hot state. */
  readonly state: HotState | null
  /** True: forget everything held before adding `cells` (new generation, or the follower fell too far behind). */
  readonly reset: boolean
  readonly cells: readonly HotCell[]
  /** Pass to the next call. */
  readonly cursor: HotCursor
  /** False: more is waiting and what is held is not yet usable. */
  readonly complete: boolean
}

/** Opaque place of a follower. */
export interface HotCursor {
  readonly token: string
}

/** Redis as the speed layer writes it and the serving layer reads it. */
export interface HotStore {
  /** Creates the partition's state at `start` with `floor = start.epoch` and a fresh generation where there is none; returns what is stored. */
  open(keyspace: Keyspace, partition: number, start: { offset: number; epoch: number }): Promise<HotState>
  state(keyspace: Keyspace, partition: number): Promise<HotState | null>
  /** Every cell of the partition with the state that they belong to, atomically enough: repeats until the state stood still. */
  load(keyspace: Keyspace, partition: number): Promise<{ state: HotState; cells: readonly HotCell[] } | null>
  /** The fenced call; throws only where Redis refused or could not be reached (then nothing or all of it happened). */
  apply(keyspace: Keyspace, partition: number, delta: Delta): Promise<ApplyResult>
  /** Raises the floor to `floor` and drops every epoch below it, in one call. Idempotent; lowering is a no-op. */
  drop(keyspace: Keyspace, partition: number, floor: number): Promise<void>
  /** Partitions with hot state. */
  partitions(keyspace: Keyspace): Promise<readonly number[]>
  /** Keyspaces known to Redis. */
  keyspaces(): Promise<readonly Keyspace[]>
  /** Changes since `cursor` (undefined: from nothing). No reply exceeds 20,000 cells or 4 MB. */
  follow(keyspace: Keyspace, partition: number, cursor: HotCursor | undefined): Promise<HotChanges>
  ping(): Promise<void>
  close(): Promise<void>
}
