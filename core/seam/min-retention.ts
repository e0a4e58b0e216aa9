const DAY_MS = 86_400_000

/**
 * The least retention of a stream's topic, ms: three times what lies between a record's arrival and the latest time at
 * which it should be sealed, so that a weekend's outage loses nothing.
 *
 * @param epochMs length of an epoch
 * @param marginMs how long after its end an epoch is sealed
 */
export function minRetentionMs(epochMs: number, marginMs: number): number {
  return 3 * (epochMs + marginMs + DAY_MS)
}

/** How far beyond the clock an epoch may lie before its broker's clock is not believed, ms. */
export const MAX_AHEAD_MS = DAY_MS
