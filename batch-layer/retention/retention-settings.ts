/** How long things are kept. */
export interface RetentionSettings {
  /**
   * Snapshots, ms since they were published: so long a rollback or `asOf` can go back. The segments that they name stay
   * with them. @default 35 days
   */
  readonly snapshotsMs?: number
  /** The newest snapshots of each stream that stay however old they are. @default 10 */
  readonly snapshotsAtLeast?: number
  /** What no snapshot names, ms since that was first seen; longer than any run takes. 0 removes it at once. @default 1 day */
  readonly unnamedMs?: number
  /**
   * Cells in force in MongoDB at their finest window, ms since the end of their UTC event day; the cold copy stays. At least
   * 1 day. @default for ever
   */
  readonly warmMs?: number
  /**
   * Raw files of sealed epochs in the lake, ms since the epoch's end; what was computed of them stays. At least 8 days, so that
   * the weekly refresh compacts them first. @default for ever
   */
  readonly rawMs?: number
}

export type CompiledRetention = Readonly<Required<RetentionSettings>>

const DAY_MS = 86_400_000

/** @throws RangeError naming the setting that is out of bounds */
export function compileRetention(given: RetentionSettings = {}): CompiledRetention {
  const { snapshotsMs = 35 * DAY_MS, snapshotsAtLeast = 10, unnamedMs = DAY_MS } = given
  const { warmMs = Number.POSITIVE_INFINITY, rawMs = Number.POSITIVE_INFINITY } = given
  if (!(snapshotsMs >= 0)) throw new RangeError(`RetentionSettings.snapshotsMs must be at least 0, got ${snapshotsMs}`)
  if (!(Number.isSafeInteger(snapshotsAtLeast) && snapshotsAtLeast >= 1))
    throw new RangeError(
      `RetentionSettings.snapshotsAtLeast must be a whole number of at least 1, got ${snapshotsAtLeast}`,
    )
  if (!(unnamedMs >= 0)) throw new RangeError(`RetentionSettings.unnamedMs must be at least 0, got ${unnamedMs}`)
  if (!(warmMs >= DAY_MS)) throw new RangeError(`RetentionSettings.warmMs must be at least 1 day, got ${warmMs} ms`)
  if (!(rawMs >= 8 * DAY_MS)) throw new RangeError(`RetentionSettings.rawMs must be at least 8 days, got ${rawMs} ms`)
  return Object.freeze({ snapshotsMs, snapshotsAtLeast, unnamedMs, warmMs, rawMs })
}
