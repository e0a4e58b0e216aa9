/** Bounds of sealing; the defaults are the ones in force unless a caller says otherwise. */
export interface SealSettings {
  /**
   * How long after an epoch's end the wall clock must stand before the epoch may be sealed, ms. Gives records under way
   * and transactions a chance to be in; no record's epoch depends on it. At least 0. @default 5_000
   */
  readonly marginMs?: number
  /**
   * Whether the topics are ours to write to: a partition without a record of a later epoch then gets one tick. @default
   * true
   */
  readonly ticks?: boolean
  /**
   * A range that holds ticks alone needs no further tick, its partition simply stays open; but the record at the
   * boundary must not be deleted by the broker's retention before it is sealed, so after this long, ms, it gets one.
   * @default 12 hours
   */
  readonly keepAliveMs?: number
  /** Partitions read at the same time. @default 4 */
  readonly parallelPartitions?: number
  /** Unsealed offsets from which the records are decoded and written in a thread of their own. @default 100_000 */
  readonly threadFromOffsets?: number
}

export type CompiledSealSettings = Readonly<Required<SealSettings>>

export function compileSealSettings(given: SealSettings = {}): CompiledSealSettings {
  const {
    marginMs = 5_000,
    ticks = true,
    keepAliveMs = 12 * 3_600_000,
    parallelPartitions = 4,
    threadFromOffsets = 100_000,
  } = given
  if (!(marginMs >= 0)) throw new RangeError(`SealSettings.marginMs must be at least 0, got ${marginMs}`)
  if (!(keepAliveMs > 0)) throw new RangeError(`SealSettings.keepAliveMs must be above 0, got ${keepAliveMs}`)
  if (!(parallelPartitions >= 1)) {
    throw new RangeError(`SealSettings.parallelPartitions must be at least 1, got ${parallelPartitions}`)
  }
  if (!(threadFromOffsets >= 0)) {
    throw new RangeError(`SealSettings.threadFromOffsets must be at least 0, got ${threadFromOffsets}`)
  }
  return Object.freeze({ marginMs, ticks, keepAliveMs, parallelPartitions, threadFromOffsets })
}
