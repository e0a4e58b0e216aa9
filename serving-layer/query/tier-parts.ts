import type { DayTier } from '../merge/day-index.js'
import type { EpochCells } from '../merge/epoch-cells.js'
import { utcDayStart } from '../merge/utc-days.js'
import { showSize, type Window } from './time-range.js'
import type { TiersOfDays } from './too-fine-error.js'

/** Part of an answer's range that one tier gave. Parts may overlap: late records lie in a hotter tier than their window. */
export interface TierPart {
  /** `hot`: Redis; `warm`: MongoDB; `cold`: Parquet. */
  readonly tier: 'hot' | 'warm' | 'cold'
  /** ISO 8601 in UTC, inclusive. */
  readonly from: string
  /** Exclusive. */
  readonly to: string
  /** Window size of the coarsest cells in it. */
  readonly resolution: string
}

const DAY_MS = 86_400_000

interface Stretch {
  readonly tier: TierPart['tier']
  readonly resolutionMs: number
  startMs: number
  endMs: number
}

/** Which tiers gave which part of [start, end), the oldest first. */
export function tierParts(
  tiers: TiersOfDays,
  hot: readonly Pick<EpochCells, 'windows'>[],
  range: Window,
  finestMs: number,
): readonly TierPart[] {
  const stretches: Stretch[] = []
  let open: readonly Stretch[] = []
  for (const [day, ofDay] of [...tiers].sort(([a], [b]) => a - b)) {
    const startMs = Math.max(utcDayStart(day), range.startMs)
    const endMs = Math.min(utcDayStart(day) + DAY_MS, range.endMs)
    open = ofDay.filter(isSealed).map(({ tier, resolutionMs }) => {
      const going = open.find((one) => one.tier === tier && one.resolutionMs === resolutionMs)
      if (going) {
        going.endMs = endMs
        return going
      }
      const stretch = { tier, resolutionMs, startMs, endMs }
      stretches.push(stretch)
      return stretch
    })
  }
  const live = hotStretch(hot, range, finestMs, hotResolution(tiers, finestMs))
  if (live) stretches.push(live)
  return stretches
    .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
    .map(({ tier, resolutionMs, startMs, endMs }) => ({
      tier,
      from: new Date(startMs).toISOString(),
      to: new Date(endMs).toISOString(),
      resolution: showSize(resolutionMs),
    }))
}

/** Hot cells are told by the minute, see `hotStretch`. */
function isSealed({ tier }: DayTier): boolean {
  return tier !== 'hot'
}

function hotResolution(tiers: TiersOfDays, finestMs: number): number {
  const hot = [...tiers.values()].flat().filter(({ tier }) => tier === 'hot')
  return Math.max(finestMs, ...hot.map(({ resolutionMs }) => resolutionMs))
}

function hotStretch(
  hot: readonly Pick<EpochCells, 'windows'>[],
  range: Window,
  finestMs: number,
  resolutionMs: number,
): Stretch | undefined {
  let startMs = Number.POSITIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY
  for (const { windows } of hot) {
    for (const window of windows.keys()) {
      if (window < range.startMs || window >= range.endMs) continue
      startMs = Math.min(startMs, window)
      endMs = Math.max(endMs, window + finestMs)
    }
  }
  return startMs < endMs ? { tier: 'hot', resolutionMs, startMs, endMs } : undefined
}
