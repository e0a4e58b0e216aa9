import type { MeasureTotals, SnapshotDiff, ViewDiff } from './snapshot-diff.js'

/**
 * Why a restatement is held, in words; empty where it may be published. A seal never asks: were it held, hot state would
 * grow without end. A changed definition is not held either, as its rows are no corrections of the old ones.
 *
 * @param limitOf largest share of a view, 0 to 1, that may change unseen: of its windows, and of the total of any measure
 */
export function diffGate(diff: SnapshotDiff, limitOf: (view: string) => number): readonly string[] {
  return diff.views.filter((view) => !view.redefined).flatMap((view) => reasonsOf(view, limitOf(view.view)))
}

function reasonsOf(view: ViewDiff, limit: number): readonly string[] {
  const reasons: string[] = []
  const share = view.windows === 0 ? 0 : view.changedWindows / view.windows
  if (share > limit) {
    reasons.push(
      `view "${view.view}": ${view.changedWindows} of ${view.windows} windows change, ${percent(share)}; the limit is ${percent(limit)}`,
    )
  }
  for (const totals of view.totals) {
    const moved = movedBy(totals)
    if (moved <= limit) continue
    reasons.push(
      `view "${view.view}": ${totals.measure} over all of it goes from ${text(totals.before)} to ${text(totals.after)}, ${percent(moved)}; the limit is ${percent(limit)}`,
    )
  }
  return reasons
}

/** Share by which a total moves; whole where it cannot be said. */
function movedBy({ before, after }: MeasureTotals): number {
  if (JSON.stringify(before) === JSON.stringify(after)) return 0
  if (typeof before === 'number' && typeof after === 'number')
    return Math.abs(after - before) / Math.max(Math.abs(before), Math.abs(after))
  if (isParts(before) && isParts(after)) {
    return Math.max(
      ...Object.keys(after).map((part) =>
        movedBy({ measure: part, before: before[part] ?? null, after: after[part] ?? null }),
      ),
    )
  }
  return 1
}

type Parts = Readonly<Record<string, number | null>>

function isParts(value: MeasureTotals['before']): value is Parts {
  return typeof value === 'object' && value !== null
}

function text(value: MeasureTotals['before']): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function percent(share: number): string {
  const value = share * 100
  return `${value < 0.01 ? value.toPrecision(1) : Math.round(value * 100) / 100} %`
}
