import { epochOf } from '../../core/seam/epoch-of.js'

/** The last epoch that has ended, with the margin, at an instant (UTC ms): what a run scheduled for it seals. */
export function dueEpoch(atMs: number, marginMs: number, epochMs: number): number {
  return epochOf(atMs - marginMs, epochMs) - 1
}
