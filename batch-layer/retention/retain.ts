import type { SearchRetention } from '../../stores/search/search-retention.js'
import type { WarmRetention } from '../../stores/warm/warm-retention.js'
import type { BatchRun } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'
import { dueRemovals } from './due-removals.js'
import { type MovedTiers, retainTiers, type TierDeps } from './retain-tiers.js'

export interface RetentionDeps extends TierDeps {
  readonly warmRetention: WarmRetention
  readonly searchRetention: SearchRetention
}

/** What was removed. */
export interface Removed extends MovedTiers {
  readonly snapshots: number
  /** Segments' cells in MongoDB. */
  readonly segments: number
  /** Segments' documents in Elasticsearch. */
  readonly searchSegments: number
  /** Part files in the lake that no manifest names, and cold copies of segments that are gone. */
  readonly partFiles: number
}

/** No attempt writes that long, ms. */
const PART_OLDER_THAN_MS = 24 * 3_600_000

/**
 * Moves old cells to the cold tier, and removes what nothing that is kept needs: snapshots older than their time, the cells and documents of segments that no
 * stored snapshot names, and what attempts that were killed left behind. What is in force or held stays, whatever its
 * age. Repeating it removes nothing more.
 *
 * @param dryRun only says what would move to another tier or expire
 * @param plans whose views and files are looked at in Elasticsearch and in the lake, which installations may share
 */
export async function retain(
  deps: RetentionDeps,
  plans: readonly StreamPlan[],
  run: BatchRun,
  dryRun = false,
): Promise<Removed> {
  const { lake, warmRetention, searchRetention, retention, clock, logger } = deps
  const { snapshotsMs, snapshotsAtLeast } = retention
  if (dryRun) {
    const moved = await retainTiers(deps, plans, run, true)
    return { snapshots: 0, segments: 0, searchSegments: 0, partFiles: 0, ...moved }
  }
  run.progress?.({ step: 'snapshots' })
  const sinceMs = clock.now() - snapshotsMs
  const snapshots = await warmRetention.dropSnapshots({ sinceMs, atLeast: snapshotsAtLeast })

  const moved = await retainTiers(deps, plans, run)

  const views = [...new Set(plans.flatMap((plan) => plan.views.map((view) => view.name)))]
  const unnamed = new Set<string>()
  for await (const name of warmRetention.stored()) unnamed.add(name)
  const documents = new Map<string, string>()
  for await (const { index, segment } of searchRetention.stored(views)) documents.set(`${index} ${segment}`, segment)
  // asked for after what there is: a segment that was published in between is then named
  const named = await warmRetention.named()
  const segmentsNamed = new Set([...named].map((name) => name.split('.')[0]))
  for (const name of named) unnamed.delete(name)
  for (const [key, segment] of documents) if (segmentsNamed.has(segment)) documents.delete(key)

  const cells = await sweep(deps, 'cells', unnamed, async (names) => {
    run.signal?.throwIfAborted()
    run.progress?.({ step: 'cells', segments: names.length })
    if (names.length > 0) await warmRetention.remove(names)
  })
  const searchSegments = await sweep(deps, 'documents', documents.keys(), async (keys) => {
    const byIndex = new Map<string, string[]>()
    for (const key of keys) {
      const [index, segment] = key.split(' ') as [string, string]
      byIndex.set(index, [...(byIndex.get(index) ?? []), segment])
    }
    for (const [index, segments] of byIndex) {
      run.signal?.throwIfAborted()
      run.progress?.({ step: 'documents', index })
      await searchRetention.remove(index, segments)
    }
  })
  let partFiles = 0
  for (const { stream } of plans) {
    run.progress?.({ step: 'parts', stream: stream.name })
    partFiles += await lake.sweep(stream.name, clock.now(), PART_OLDER_THAN_MS)
    const copies = await warmRetention.coldFiles()
    partFiles += await lake.cold.sweep(stream.name, copies, clock.now(), PART_OLDER_THAN_MS)
  }
  const removed = { snapshots, segments: cells, searchSegments, partFiles, ...moved }
  logger.info(removed, 'retention')
  return removed
}

/** Removes what is due, then remembers the rest: a run that is killed in between marks it again, and removes nothing twice. */
async function sweep(
  { warmRetention, retention, clock }: RetentionDeps,
  kind: string,
  unnamed: Iterable<string>,
  remove: (names: readonly string[]) => Promise<void>,
): Promise<number> {
  const { due, marks } = dueRemovals(unnamed, await warmRetention.marks(kind), clock.now(), retention.unnamedMs)
  await remove(due)
  await warmRetention.putMarks(kind, marks)
  return due.length
}
