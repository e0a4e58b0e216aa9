import type { Segment } from '../../core/seam/segment.js'
import type { KnownDay } from './segment-cache.js'

/** The share of one tier in a UTC day: how coarse its cells are, and of how many segments (epochs, where they are hot). */
export interface DayTier {
  readonly tier: 'hot' | 'warm' | 'cold'
  /** Window size of the coarsest cells, ms. */
  readonly resolutionMs: number
  readonly segments: number
}

/** Which segments in force have cells in a window, for one UTC day, and which tiers they are read from. */
export class DayIndex {
  readonly segmentsOf = new Map<number, Segment[]>()
  readonly #tiers = new Map<KnownDay['tier'], { resolutionMs: number; segments: number }>()

  constructor(public usedAtMs: number) {}

  add(segment: Segment, { windows, tier, resolutionMs }: KnownDay): void {
    for (const window of windows) {
      const list = this.segmentsOf.get(window)
      if (list) list.push(segment)
      else this.segmentsOf.set(window, [segment])
    }
    const share = this.#tiers.get(tier)
    this.#tiers.set(tier, {
      resolutionMs: Math.max(share?.resolutionMs ?? 0, resolutionMs),
      segments: (share?.segments ?? 0) + 1,
    })
  }

  get tiers(): readonly DayTier[] {
    return [...this.#tiers].map(([tier, share]) => ({ tier, ...share }))
  }
}
