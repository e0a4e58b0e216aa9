/** How long what is no longer in force is kept. */
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
}

export type CompiledRetention = Readonly<Required<RetentionSettings>>

const DAY_MS = 86_400_000

/** @throws RangeError naming the setting that is out of bounds */
export function compileRetention(given: RetentionSettings = {}): CompiledRetention {
  const { snapshotsMs = 35 * DAY_MS, snapshotsAtLeast = 10, unnamedMs = DAY_MS } = given
  if (!(snapshotsMs >= 0)) throw new RangeError(`RetentionSettings.snapshotsMs must be at least 0, got ${snapshotsMs}`)
  if (!(Number.isSafeInteger(snapshotsAtLeast) && snapshotsAtLeast >= 1))
    throw new RangeError(
      `RetentionSettings.snapshotsAtLeast must be a whole number of at least 1, got ${snapshotsAtLeast}`,
    )
  if (!(unnamedMs >= 0)) throw new RangeError(`RetentionSettings.unnamedMs must be at least 0, got ${unnamedMs}`)
  return Object.freeze({ snapshotsMs, snapshotsAtLeast, unnamedMs })
}
