import type { MirrorTiming } from './mirror/stream-mirror.js'
import type { SnapshotTiming } from './snapshots/snapshot-watch.js'

/** Bounds of the serving layer. Only tests give others. */
export interface ServingOptions {
  readonly mirror: MirrorTiming
  readonly snapshots: SnapshotTiming
  /** Decoded segments held, bytes. */
  readonly segmentCacheBytes: number
  /** Reads of segments from MongoDB under way at once. */
  readonly segmentReads: number
  /** Rollups and blocks are let go when nobody used them for so long, ms. */
  readonly keepUnusedMs: number
  /** Tuples of a view from which on those that no hot cell has are looked for and let go. */
  readonly manyTuples: number
  /** Pause between two looks for what can be let go, ms. */
  readonly tidyMs: number
}

export const SERVING_DEFAULTS: ServingOptions = Object.freeze({
  mirror: Object.freeze({
    maxAgeMs: 100,
    activeMs: 80,
    idleMs: 1_000,
    readersLingerMs: 10_000,
    partitionsMs: 1_000,
    replyTimeoutMs: 1_000,
  }),
  snapshots: Object.freeze({
    maxAgeMs: 1_000,
    activeMs: 500,
    idleMs: 2_000,
    readersLingerMs: 10_000,
    replyTimeoutMs: 3_000,
  }),
  segmentCacheBytes: 48 * 1024 * 1024,
  segmentReads: 8,
  keepUnusedMs: 10 * 60_000,
  manyTuples: 200_000,
  tidyMs: 30_000,
})
