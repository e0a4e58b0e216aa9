import { HOT_LIMITS } from '../stores/hot/index.js'

/** When a partition's delta is flushed. */
export const FLUSH = Object.freeze({
  /** Caught up: a flush begins at most so long after the one before it, or at once. */
  caughtUpMs: 100,
  /** Behind: deltas grow, since a cell that changed often in one costs no more than one that changed once. */
  behindMs: 2_000,
  /** Records between the position and the end of the log from which a partition counts as behind. */
  behindRecords: 4_000,
  /** A delta is cut before it reaches what one call may hold: one more record adds a few cells per view. */
  cells: HOT_LIMITS.cells - 1_000,
  bytes: Math.floor(HOT_LIMITS.bytes * 0.6),
  /** Dead letters that one flush waits for. */
  deadLetters: 1_000,
  deadLetterBytes: 4 << 20,
  /** Ids of one delta, and their characters: at most 1.2 MB, which beside the cells one call may hold. */
  ids: 10_000,
  idCharacters: 400_000,
})

/** Attempts while an engine is away: for ever, as offsets stand still meanwhile and health says why. */
export const RETRY = Object.freeze({ minDelayMs: 50, maxDelayMs: 1_000, multiplier: 2 })

export const WATCH = Object.freeze({
  /** How often an owner compares its position with what is stored and with the log, and reports its health. */
  everyMs: 1_000,
  /** A report that is older was left by a layer that is gone. */
  reportTtlMs: 5_000,
})

/** Of the 5 s in which the layer stops, what the last flushes may take. */
export const DRAIN_MS = 3_000
/** And leaving the groups. */
export const CLOSE_MS = 1_500
