import type { EncodedCell } from '../../core/cell/cell.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { registersAgree } from '../../core/cell/registers-agree.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { compareParity, type ParityOutcome, type Segment, type SegmentRange } from '../../core/seam/index.js'
import type { HotCell } from '../../stores/hot/hot-port.js'
import type { ParityResult } from '../../stores/warm/warm-port.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import type { CellCache } from '../segments/cell-cache.js'
import { partitionCells } from '../segments/compute-segment.js'
import { lakeSteps } from '../segments/lake-steps.js'
import { stepsWithin } from '../segments/sealed-steps.js'
import type { StreamPlan } from '../stream-plan.js'
import { type HotEpochs, hotEpochs } from './hot-epochs.js'

export interface ParityDeps extends Pick<BatchDeps, 'hot' | 'lake' | 'warm' | 'clock' | 'logger'> {
  readonly cells: CellCache
}

/** Outcomes of one comparison; every one is stored in MongoDB. */
export interface ParityReport {
  readonly equal: number
  readonly different: number
  readonly uncompared: number
  /**
   * Partitions and views whose hot state has not reached the end of the range yet: worth another try before the drop.
   */
  readonly pending: number
  /** Why some differ or were not compared, each once, at most 10. */
  readonly reasons: readonly string[]
}

/**
 * Compares, per view and partition, what the speed layer and the batch layer made of the same records: all hot epochs
 * between the old and the new boundary against the segment's share of that partition; also that hot's coarser windows
 * are the merge of its finest ones. The outcome never holds a publish.
 */
export async function compareLayers(
  deps: ParityDeps,
  plan: StreamPlan,
  segmentIds: readonly string[],
  run: BatchRun,
): Promise<ParityReport> {
  const segments: Segment[] = []
  for (const id of segmentIds) {
    const segment = await deps.warm.segment(id)
    if (segment !== null) segments.push(segment)
  }
  const ranges = segments.flatMap((segment) => segment.ranges)
  const steps = await lakeSteps(deps.lake, plan.stream.name, plan.epochMs, ranges)
  const results: ParityResult[] = []
  let pending = 0
  for (const partition of [...new Set(ranges.map((range) => range.partition))].sort((a, b) => a - b)) {
    const hot = await hotSide(deps, plan, partition, ranges)
    for (const segment of segments) {
      const view = plan.views.find((v) => v.name === segment.view && v.hash === segment.viewHash)
      if (view === undefined) continue
      for (const range of segment.ranges.filter((r) => r.partition === partition)) {
        run.signal?.throwIfAborted()
        run.progress?.({ step: 'parity', view: view.name, partition })
        const mine = stepsWithin(steps, segment.ranges)
        const batch = await deps.cells.get(segment.id, partition, () =>
          partitionCells(deps.lake, view, plan.stream, mine, partition),
        )
        const outcome = compareRange(view, range, hot, batch)
        if (hot.state !== null && hot.state.next < range.to.offset) pending++
        results.push({
          stream: plan.stream.name,
          view: view.name,
          partition,
          fromEpoch: range.from.epoch,
          toEpoch: range.to.epoch,
          ...outcome,
          comparedAtMs: deps.clock.now(),
        })
      }
    }
  }
  await deps.warm.putParity(results)
  for (const result of results) {
    if (result.outcome === 'different') deps.logger.error({ ...result }, 'the two layers differ')
  }
  return report(results, pending)
}

/**
 * One view, one partition, one range: finest cells against the batch layer's, then the coarser ones against the finest.
 */
function compareRange(
  view: ViewDefinition,
  range: SegmentRange,
  hot: HotEpochs,
  batchCells: readonly EncodedCell[],
): ParityOutcome {
  const [finestMs, ...coarser] = view.windows
  const hotCells = hotMerged(view, range, hot, finestMs)
  const same = (a: string, b: string) => registersAgree(view.registers, a, b)
  const states = new Map([[range.partition, hot.state]])
  const outcome = compareParity({ view: view.name, ranges: [range], hot: states, hotCells, batchCells, same })
  if (outcome.outcome !== 'equal') return outcome
  for (const windowMs of coarser) {
    const coarse = compareParity({
      view: view.name,
      ranges: [range],
      hot: states,
      hotCells: hotMerged(view, range, hot, windowMs),
      batchCells: coarsen(view, hotCells, windowMs),
      same,
    })
    if (coarse.outcome === 'different')
      return { ...coarse, reason: `windows of ${windowMs} ms beside the finest: ${coarse.reason}` }
  }
  return outcome
}

/** Hot cells of a view at one window in the range's epochs, merged over the epochs. */
function hotMerged(
  view: ViewDefinition,
  range: SegmentRange,
  hot: HotEpochs,
  windowMs: number | undefined,
): readonly EncodedCell[] {
  const byEpoch = new Map<number, HotCell[]>()
  for (const cell of hot.cells) {
    if (cell.view !== view.name || cell.resolutionMs !== windowMs) continue
    if (cell.epoch < range.from.epoch || cell.epoch >= range.to.epoch) continue
    const same = byEpoch.get(cell.epoch)
    if (same) same.push(cell)
    else byEpoch.set(cell.epoch, [cell])
  }
  return byEpoch.size === 1 ? ([...byEpoch.values()][0] as HotCell[]) : mergeEncoded(view, [...byEpoch.values()])
}

/** Read once the partition has passed a range, its epochs stand still; read before, it is not compared. */
async function hotSide(
  deps: ParityDeps,
  plan: StreamPlan,
  partition: number,
  ranges: readonly SegmentRange[],
): Promise<HotEpochs> {
  const mine = ranges.filter((range) => range.partition === partition)
  const state = await deps.hot.state(plan.keyspace, partition)
  const to = Math.min(...mine.map((range) => range.to.offset))
  const floor = Math.max(...mine.map((range) => range.from.epoch))
  if (state === null || state.next < to || state.floor > floor) return { state, cells: [] }
  const fromEpoch = Math.min(...mine.map((range) => range.from.epoch))
  const toEpoch = Math.max(...mine.map((range) => range.to.epoch))
  return hotEpochs(deps.hot, plan.keyspace, partition, { fromEpoch, toEpoch })
}

function report(results: readonly ParityResult[], pending: number): ParityReport {
  const count = (outcome: ParityResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  const reasons = new Set<string>()
  for (const result of results) if (result.reason !== null && reasons.size < 10) reasons.add(result.reason)
  return {
    equal: count('equal'),
    different: count('different'),
    uncompared: count('uncompared'),
    pending,
    reasons: [...reasons],
  }
}
