import type { Catalog } from '../../core/define/compile-catalog.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'
import { coolHistory } from './cool-history.js'
import { expireOldRaw } from './expire-raw.js'
import type { CompiledRetention } from './retention-settings.js'

export interface TierDeps extends Pick<BatchDeps, 'lake' | 'warm' | 'clock' | 'logger'> {
  readonly retention: CompiledRetention
  /** Streams that feed its collections keep their raw files: collections are rebuilt from them. */
  readonly catalog: Pick<Catalog, 'collections'>
}

/** What moved from one tier to the next, or expired. */
export interface MovedTiers {
  /** Segments whose cells of old days went from MongoDB to the cold tier. */
  readonly cooledSegments: number
  /** Those days, over all segments. */
  readonly cooledDays: number
  /** Sealed epochs whose raw files went, over all streams. */
  readonly rawEpochs: number
  /** Why raw files stay though they are old enough, one sentence each. */
  readonly kept: readonly string[]
}

/**
 * Moves old cells to the cold tier and lets old raw files expire, as the settings say.
 * @param dryRun only says what would be done
 */
export async function retainTiers(
  deps: TierDeps,
  plans: readonly StreamPlan[],
  run: BatchRun,
  dryRun = false,
): Promise<MovedTiers> {
  const { warmMs, rawMs } = deps.retention
  const nowMs = deps.clock.now()
  const feeding = new Set([...deps.catalog.collections.values()].flatMap(({ feed }) => feed?.stream.name ?? []))
  const kept: string[] = []
  let [cooledSegments, cooledDays, rawEpochs] = [0, 0, 0]
  for (const plan of plans) {
    const { name } = plan.stream
    if (warmMs !== Number.POSITIVE_INFINITY) {
      const cooled = await coolHistory(deps, plan, nowMs - warmMs, run, dryRun)
      cooledSegments += cooled.segments
      cooledDays += cooled.days
    }
    if (rawMs === Number.POSITIVE_INFINITY) continue
    if (feeding.has(name)) {
      kept.push(`stream "${name}" keeps its raw files: collections are rebuilt from them`)
      continue
    }
    const expired = await expireOldRaw(deps, plan, nowMs - rawMs, run, dryRun)
    rawEpochs += expired.epochs
    if (expired.kept !== null) kept.push(`stream "${name}" keeps its raw files: ${expired.kept}`)
  }
  return { cooledSegments, cooledDays, rawEpochs, kept }
}
