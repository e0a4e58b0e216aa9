import type { EncodedCell } from '../../core/cell/cell.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { coldResolution } from '../../core/define/cold-resolution.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { ColdCopy, Segment } from '../../core/seam/index.js'
import { dayNumber } from '../../core/time/day-number.js'
import { dayStart } from '../../core/time/day-start.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import type { StreamPlan } from '../stream-plan.js'

export interface CooledHistory {
  /** Cold copies written. */
  readonly copies: number
  /** Segments of which MongoDB no longer holds old days. */
  readonly segments: number
  /** UTC event days that went, over all segments. */
  readonly days: number
}

type CoolDeps = Pick<BatchDeps, 'warm' | 'lake' | 'logger'>

/**
 * Moves what is in force and old from MongoDB to the cold tier: per segment a copy in coarse windows first, which is
 * checked, then the removal of its cells of the UTC event days before `beforeMs`. Only segments that the pointer names are
 * touched; one that is killed in between is finished by doing it again. Ledgers, of which there is little, stay.
 *
 * @param dryRun only says what would be done
 */
export async function coolHistory(
  deps: CoolDeps,
  plan: StreamPlan,
  beforeMs: number,
  run: BatchRun,
  dryRun = false,
): Promise<CooledHistory> {
  const { warm, lake } = deps
  const beforeDay = dayNumber(beforeMs)
  const cooled = { copies: 0, segments: 0, days: 0 }
  const base = await currentSnapshot(warm, plan.stream.name)
  const views = new Map(plan.views.filter(({ ledger }) => !ledger).map((view) => [view.hash, view]))
  const old = (base?.segments ?? []).filter(
    (segment) => views.has(segment.viewHash) && segment.days.some((day) => day < beforeDay),
  )
  const tiers = await warm.tiers(old)
  for (const segment of old) {
    const known = tiers.get(segment.id)
    const days = segment.days.filter((day) => day >= (known?.warmFrom ?? 0) && day < beforeDay)
    if (days.length === 0) continue
    run.signal?.throwIfAborted()
    run.progress?.({ step: 'cool', view: segment.view, segment: segment.id, days: days.length })
    cooled.segments++
    cooled.days += days.length
    if (known === undefined) cooled.copies++
    if (dryRun) continue
    const copy = known?.cold ?? (await coldCopyOf(deps, views.get(segment.viewHash) as ViewDefinition, segment, run))
    await lake.cold.check(copy)
    await warm.dropDays(segment, beforeDay)
  }
  return cooled
}

/** Writes a segment's cold copy from its cells in MongoDB, unless it has one. */
export async function coldCopyOf(
  { warm, lake }: CoolDeps,
  view: ViewDefinition,
  segment: Segment,
  run: BatchRun,
): Promise<ColdCopy> {
  const known = (await warm.tiers([segment])).get(segment.id)
  if (known !== undefined) return known.cold
  const resolutionMs = coldResolution(view)
  const cells: EncodedCell[] = []
  // day by day, as the finest cells of all of them may not fit into memory; no coarse cell reaches over midnight UTC
  for (const day of segment.days) {
    run.signal?.throwIfAborted()
    run.progress?.({ step: 'cold', view: view.name, day })
    for (const cell of coarsen(view, await warm.cells(segment.id, { fromDay: day, toDay: day }), resolutionMs))
      cells.push(cell)
  }
  const days = coarsen(view, cells, (start) => dayStart(start, view.zone))
  return (await warm.putCold(segment, await lake.cold.write(segment, { resolutionMs, cells, days }))).cold
}
