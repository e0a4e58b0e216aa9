/** What one partition says about event time. */
export interface PartitionEventTime {
  /** Largest accepted event time, UTC ms; null before the first. */
  readonly maxEventTimeMs: number | null
  /** Nothing is waiting in it and nothing came for a while: it holds no window open. */
  readonly idle: boolean
}

/** A partition's watermark: its largest accepted event time less the allowed lateness, UTC ms; null before the first record. */
export function watermarkOf(maxEventTimeMs: number | null, allowedLatenessMs: number): number | null {
  return maxEventTimeMs === null ? null : maxEventTimeMs - allowedLatenessMs
}

/**
 * A stream's watermark: the least over the partitions that are not idle; where all are, nothing is waited for and it is
 * `nowMs` less the allowed lateness. Null where a partition that is not idle has no record yet. It says whether a window is likely
 * complete and decides no number.
 */
export function streamWatermark(
  partitions: readonly PartitionEventTime[],
  allowedLatenessMs: number,
  nowMs: number,
): number | null {
  let least: number | null = nowMs - allowedLatenessMs
  let waiting = false
  for (const { maxEventTimeMs, idle } of partitions) {
    if (idle) continue
    const own = watermarkOf(maxEventTimeMs, allowedLatenessMs)
    if (own === null) return null
    least = waiting ? Math.min(least, own) : own
    waiting = true
  }
  return least
}

/** Whether a window is likely complete: its end, exclusive, lies at or before the watermark. */
export function isComplete(windowEndMs: number, watermarkMs: number | null): boolean {
  return watermarkMs !== null && windowEndMs <= watermarkMs
}
