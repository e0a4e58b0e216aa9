import type { ViewDefinition } from '../../core/define/view-definition.js'
import { foldResolution } from '../../core/define/view-retention.js'
import type { DayTier } from '../merge/day-index.js'
import type { EpochCells } from '../merge/epoch-cells.js'
import { utcDay, utcDayStart } from '../merge/utc-days.js'
import type { Window } from './time-range.js'
import type { TiersOfDays } from './too-fine-error.js'

/**
 * The tiers with what hot cells add: of a view with retention, late records lie there in coarse windows too. Of others, hot
 * cells are as fine as any and the tiers stay as they are.
 */
export function withHot(
  tiers: TiersOfDays,
  view: ViewDefinition,
  hot: readonly Pick<EpochCells, 'windows' | 'epochStartMs'>[],
  range: Window,
): TiersOfDays {
  if (view.retention === undefined) return tiers
  const coarsest = new Map<number, { resolutionMs: number; epochs: number }>()
  for (const { windows, epochStartMs } of hot) {
    const days = new Set<number>()
    for (const window of windows.keys()) if (window >= range.startMs && window < range.endMs) days.add(utcDay(window))
    for (const day of days) {
      const before = coarsest.get(day)
      const resolutionMs = foldResolution(view, utcDayStart(day), epochStartMs)
      coarsest.set(day, {
        resolutionMs: Math.max(before?.resolutionMs ?? 0, resolutionMs),
        epochs: (before?.epochs ?? 0) + 1,
      })
    }
  }
  const all = new Map<number, readonly DayTier[]>(tiers)
  for (const [day, { resolutionMs, epochs }] of coarsest)
    all.set(day, [...(all.get(day) ?? []), { tier: 'hot', resolutionMs, segments: epochs }])
  return all
}
