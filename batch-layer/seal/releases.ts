import {
  beforeLost,
  behindLost,
  type EpochManifest,
  epochOf,
  firstManifestFrom,
  MAX_AHEAD_MS,
  markOfGeneration,
  type Releases,
  releasesMark,
  releasesOf,
} from '../../core/seam/index.js'
import type { ReleaseStore } from '../../stores/warm/index.js'
import type { BatchDeps } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'
import { ReleaseRefusedError } from './seal-errors.js'

export interface ReleaseDeps extends Pick<BatchDeps, 'log' | 'hot' | 'clock' | 'logger'> {
  readonly releases: ReleaseStore
}

/**
 * Puts a person's decisions about a stream's log in force, and returns all that are. Stored first; then hot state that was
 * folded without them is forgotten, so that its owner, which reads them whenever it begins, folds again from the boundary.
 * Only then may the batch layer go by them: a snapshot and hot state that disagree about a record's epoch count it twice or
 * not at all. Safe to repeat.
 *
 * @throws ReleaseRefusedError where one does not fit the log
 */
export async function putReleases(
  deps: ReleaseDeps,
  plan: StreamPlan,
  previous: EpochManifest | null,
  given: Releases,
): Promise<Releases> {
  const { name } = plan.stream
  const stored = await deps.releases.of(name)
  const asked = { cuts: without(given.cuts, stored.cuts), lost: without(given.lost, stored.lost) }
  if (asked.cuts.length + asked.lost.length > 0) await check(deps, plan, previous, stored, asked)
  // a database that was restored from an older copy learns of cuts that the lake was sealed with
  const fresh = { ...asked, cuts: without([...(previous?.cuts ?? []), ...asked.cuts], stored.cuts) }
  if (fresh.cuts.length + fresh.lost.length > 0) {
    await deps.releases.add(name, fresh)
    deps.logger.warn({ stream: name, ...fresh }, 'a decision about the log is in force')
  }
  const all = { cuts: [...stored.cuts, ...fresh.cuts], lost: [...stored.lost, ...fresh.lost] }
  if (all.cuts.length + all.lost.length > 0) await forgetOthers(deps, name, all)
  return all
}

/** Forgets hot state that was folded under other releases than these. */
async function forgetOthers({ hot, logger }: ReleaseDeps, stream: string, releases: Releases): Promise<void> {
  for (const keyspace of await hot.keyspaces()) {
    if (keyspace.stream !== stream) continue
    for (const partition of await hot.partitions(keyspace)) {
      const state = await hot.state(keyspace, partition)
      if (state === null || markOfGeneration(state.generation) === releasesMark(releases, partition)) continue
      logger.warn({ stream, partition, next: state.next }, 'hot state was folded before the decision; it is forgotten')
      await hot.forget(keyspace, partition, state.generation)
    }
  }
}

async function check(
  { log, hot, clock }: ReleaseDeps,
  { stream, epochMs, keyspace }: StreamPlan,
  previous: EpochManifest | null,
  stored: Releases,
  fresh: Releases,
): Promise<void> {
  const ends = new Map((await log.offsets(stream.topic)).map((at) => [at.partition, at]))
  const startOf = async (partition: number) => {
    const at = ends.get(partition)
    if (at === undefined) throw new ReleaseRefusedError(`topic "${stream.topic}" has no partition ${partition}`)
    const { lost } = releasesOf(stored, partition)
    const hotSince = (await hot.state(keyspace, partition))?.since ?? null
    const from = firstManifestFrom(previous, partition, { earliest: beforeLost(at.low, lost), hotSince }).offset
    return { ...at, from: behindLost(from, lost) }
  }
  const maxEpoch = epochOf(clock.now() + MAX_AHEAD_MS, epochMs)
  for (const { partition, offset, to, epoch } of fresh.cuts) {
    const { from, high } = await startOf(partition)
    const name = `cut ${partition}@${offset}-${to}=${epoch} of stream "${stream.name}"`
    if (offset < from) throw new ReleaseRefusedError(`${name}: offsets below ${from} are sealed`)
    if (to <= offset || to > high)
      throw new ReleaseRefusedError(`${name}: it must end above ${offset}, at ${high} at most`)
    if (epoch > maxEpoch) throw new ReleaseRefusedError(`${name}: epoch ${epoch} itself is more than a day ahead`)
  }
  for (const { partition, from, to } of fresh.lost) {
    const { from: start, low } = await startOf(partition)
    const name = `lost range ${partition}:${from}-${to} of stream "${stream.name}"`
    if (from !== start || to <= from || to > low) {
      const what = start < low ? `${partition}:${start}-${low}` : 'nothing'
      throw new ReleaseRefusedError(`${name}: the log has lost ${what} of what is not sealed`)
    }
  }
}

function without<T>(list: readonly T[], known: readonly T[]): readonly T[] {
  const seen = new Set(known.map((one) => keyOf(one)))
  return list.filter((one) => !seen.has(keyOf(one)) && seen.add(keyOf(one)))
}

function keyOf(release: unknown): string {
  return JSON.stringify(Object.entries(release as object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
