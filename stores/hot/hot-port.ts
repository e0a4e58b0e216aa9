import type { LastRecord } from '../../core/seam/boundary.js'

/** All hot state of a stream's view set: one fold, one `next`, one call serve all its views. */
export interface Keyspace {
  readonly stream: string
  /** Hash of the sorted view hashes, ledger included (first 16 hex digits). */
  readonly viewSet: string
}

/** Where a partition's hot state begins. */
export interface HotStart {
  readonly offset: number
  readonly epoch: number
  /** @default '' */
  readonly mark?: string
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

/** Ids of records of one epoch (see `compileRecordId`), each one line of text. */
export interface HotIds {
  readonly epoch: number
  readonly ids: readonly string[]
}

/** What one flush applies: covers raw offsets [from, to). */
export interface Delta {
  readonly generation: string
  /** Where the delta begins, inclusive; the fence compares it with the stored `next`. */
  readonly from: number
  /** Above `from`: a delta covers at least one offset, hidden ones included. */
  readonly to: number
  /**
   * The floor that the cells obey: their owner forgot every epoch below it. The fence refuses a stored floor below it, as
   * only a restored older state has one, and its cells of those epochs would be overwritten by incomplete ones.
   */
  readonly floor: number
  readonly epoch: number
  readonly maxEventTimeMs: number | null
  readonly last: LastRecord | null
  /** Fresh and random for each delta; a delta that is sent again after a lost reply keeps it. */
  readonly nonce: string
  /** Cells changed, with their absolute registers as of `to`. */
  readonly cells: readonly HotCell[]
  /**
   * Ids first met since `from`, of the epochs `epoch − 1` and `epoch` alone: older ones are dropped, as no later record
   * can repeat them. @default none
   */
  readonly ids?: readonly HotIds[]
}

export type ApplyResult =
  | { readonly kind: 'applied'; readonly floor: number }
  /** The stored nonce is this call's: it had succeeded and its reply was lost. */
  | { readonly kind: 'already-applied'; readonly floor: number }
  /** The stored state does not start where the delta does; null: there is no state (wiped). */
  | { readonly kind: 'refused'; readonly stored: HotState | null }

/** What a follower received in one atomic step. */
export interface HotChanges {
  /**
   * Where `complete`: exactly the state at which `cells` leave the follower, who then forgets cells of epochs below its
   * floor; null where there is no hot state. Where not: null.
   */
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

/** How a running layer says how it is, so that the serving layer can show all of them. */
export interface LayerHealth {
  readonly layer: 'speed' | 'worker' | 'serving'
  /** Unique among the running processes of a layer. */
  readonly instance: string
  /** When it was said, UTC ms. */
  readonly atMs: number
  readonly ready: boolean
  /** Plain JSON data: lag, rates, halted partitions with their reasons … */
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Redis as the speed layer writes it and the serving layer reads it. Every call throws `HotUnavailableError` where Redis is
 * down, starting, full or not a primary: callers pause and try again. Anything else thrown is a bug.
 */
export interface HotStore {
  /**
   * Creates the partition's state at `start` with `floor = start.epoch` and a fresh generation where there is none; returns
   * what is stored. The generation carries `start.mark`, the releases that the state is folded under (see `releasesMark`).
   */
  open(keyspace: Keyspace, partition: number, start: HotStart): Promise<HotState>
  state(keyspace: Keyspace, partition: number): Promise<HotState | null>
  /** Every cell of the partition with exactly the state that they belong to, however long it takes; null: no hot state. */
  load(keyspace: Keyspace, partition: number): Promise<{ state: HotState; cells: readonly HotCell[] } | null>
  /**
   * Ids of the epochs `state.epoch − 1` and `state.epoch` as of exactly this state, however long it takes; null where it
   * is not the stored one any more. Ids from before hot state began are not among them.
   */
  ids(keyspace: Keyspace, partition: number, state: HotState): Promise<readonly HotIds[] | null>
  /**
   * The fenced call. After `HotUnavailableError` nothing or all of it happened: send the very same delta again, nonce
   * included, until it is answered.
   *
   * @throws RangeError where it is larger than one call may be (see `HOT_LIMITS`): the caller cuts by offset
   */
  apply(keyspace: Keyspace, partition: number, delta: Delta): Promise<ApplyResult>
  /** Raises the floor to `floor` and drops every epoch below it, in one call. Idempotent; lowering is a no-op. */
  drop(keyspace: Keyspace, partition: number, floor: number): Promise<void>
  /**
   * Deletes the partition's state with its cells and ids, if it has this generation: its owner is refused and begins anew
   * at the boundary.
   */
  forget(keyspace: Keyspace, partition: number, generation: string): Promise<void>
  /**
   * Deletes all hot state of a keyspace and its place among the keyspaces; whoever still writes to it is refused and
   * begins anew.
   */
  dropKeyspace(keyspace: Keyspace): Promise<void>
  /** Partitions with hot state. */
  partitions(keyspace: Keyspace): Promise<readonly number[]>
  /** Keyspaces known to Redis. */
  keyspaces(): Promise<readonly Keyspace[]>
  /** Changes since `cursor` (undefined: from nothing), in about 20,000 cells or 4 MB at most (see `HOT_LIMITS`). */
  follow(keyspace: Keyspace, partition: number, cursor: HotCursor | undefined): Promise<HotChanges>
  /** Shows the report to `health` for `ttlMs` from now. */
  reportHealth(report: LayerHealth, ttlMs: number): Promise<void>
  /** Reports that have not expired, by layer and instance. */
  health(): Promise<readonly LayerHealth[]>
  ping(): Promise<void>
  close(): Promise<void>
}
