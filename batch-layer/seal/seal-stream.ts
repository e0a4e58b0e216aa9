import {
  beforeLost,
  behindLost,
  checkChain,
  type EpochManifest,
  epochOf,
  firstManifestFrom,
  MAX_AHEAD_MS,
  type ManifestPartition,
  minRetentionMs,
  NO_RELEASES,
  type Releases,
  releasesOf,
} from '../../core/seam/index.js'
import { LostRangeError } from '../../stores/log/log-port.js'
import type { Archiver } from '../archive/range-archive.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import { boundedParallel } from '../bounded-parallel.js'
import type { StreamPlan } from '../stream-plan.js'
import { checkContinuity } from './continuity.js'
import type { IdlePartitions } from './idle-partitions.js'
import { PartitionCursor } from './partition-cursor.js'
import { putReleases, type ReleaseDeps } from './releases.js'
import { EpochNotOverError, TopicChangedError } from './seal-errors.js'
import { openPartition, type PartitionStart, sealPartition } from './seal-partition.js'
import type { CompiledSealSettings } from './seal-settings.js'

export interface SealDeps extends Pick<BatchDeps, 'log' | 'hot' | 'lake' | 'clock' | 'logger' | 'newId'>, ReleaseDeps {
  readonly settings: CompiledSealSettings
  readonly idle: IdlePartitions
  /** Called once, where something is to be read; `offsets` is how many lie before the end of the log. */
  readonly openArchiver: (plan: StreamPlan, offsets: number) => Promise<Archiver>
}

/** What one run sealed; sums over all its epochs. */
export interface SealedRun {
  readonly stream: string
  /** Epochs [fromEpoch, toEpoch) that this run sealed or found sealed by another run meanwhile; equal where none. */
  readonly fromEpoch: number
  readonly toEpoch: number
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
  /** Partitions that stay open at the last of them. */
  readonly open: readonly number[]
}

/** Another run sealed the same epoch and its manifest is the one in force: start again behind it. */
class OvertakenError extends Error {}

/** Races that one call bears; more than one rival per stream is a fault in how runs are scheduled. */
const MAX_RACES = 5

/**
 * Seals every unsealed epoch ≤ `upTo` of a stream, oldest first. What a partition contributes to an epoch ends at the
 * first delivered record of a later epoch, which the read itself has seen. Repeating it, or running it twice at once,
 * seals each epoch once: manifests are created exclusively, and whoever comes second adopts what is there.
 *
 * A stream without any record of an epoch ≤ `upTo` has nothing to seal and gets no manifest.
 *
 * @throws EpochNotOverError while the wall clock has not passed the end of `upTo` plus the margin
 * @throws LostRangeError where the broker deleted offsets that were never sealed
 * @throws TopicChangedError where the topic does not continue what was sealed
 * @throws EpochAheadError for a record whose time is more than a day ahead of the clock
 * @throws ReleaseRefusedError where one of the releases does not fit the log
 */
export async function sealStream(
  deps: SealDeps,
  plan: StreamPlan,
  upTo: number,
  run: BatchRun,
  /** Decisions of a person about the log, to be put in force before. */
  releases: Releases = NO_RELEASES,
): Promise<SealedRun> {
  const dueMs = (upTo + 1) * plan.epochMs + deps.settings.marginMs
  const nowMs = deps.clock.now()
  if (nowMs < dueMs) throw new EpochNotOverError(plan.stream.name, upTo, dueMs, nowMs)
  await deps.log.checkTopic(plan.stream.topic, minRetentionMs(plan.epochMs, deps.settings.marginMs))
  for (let race = 1; ; race++) {
    try {
      return await sealBehind(deps, plan, upTo, run, releases)
    } catch (error) {
      if (!(error instanceof OvertakenError) || race === MAX_RACES) throw error
      deps.logger.warn(
        { stream: plan.stream.name, error: error.message },
        'another run sealed the same epoch; starting behind it',
      )
    }
  }
}

/** One pass: opens a cursor per partition behind the last manifest and writes one manifest after another. */
async function sealBehind(
  deps: SealDeps,
  plan: StreamPlan,
  upTo: number,
  run: BatchRun,
  given: Releases,
): Promise<SealedRun> {
  const { stream, epochMs } = plan
  const previous = await deps.lake.lastManifest(stream.name)
  const totals = { read: 0, accepted: 0, rejected: 0, duplicates: 0 }
  if (previous !== null && previous.epochMs !== epochMs) {
    throw new Error(
      `stream "${stream.name}": sealed with epochs of ${previous.epochMs} ms, now asked to seal epochs of ${epochMs} ms`,
    )
  }
  const releases = await putReleases(deps, plan, previous, given)
  if (previous !== null && previous.epoch >= upTo) {
    return { stream: stream.name, fromEpoch: upTo + 1, toEpoch: upTo + 1, ...totals, open: openOf(previous) }
  }
  const heads = await headsOf(deps, plan, previous, releases)
  const unread = heads.reduce((sum, head) => sum + (head.skip ? 0 : head.high - head.readFrom), 0)
  let archiver: Archiver | null = null
  const lanes = heads.map(
    (head) => new Lane(deps, plan, head, run, async () => (archiver ??= await deps.openArchiver(plan, unread))),
  )
  try {
    const first = previous === null ? await firstEpoch(lanes, upTo) : previous.epoch + 1
    if (first === null) return { stream: stream.name, fromEpoch: upTo + 1, toEpoch: upTo + 1, ...totals, open: [] }
    let last = previous
    for (let epoch = first; epoch <= upTo; epoch++) {
      run.signal?.throwIfAborted()
      run.progress?.({ step: 'seal', epoch })
      last = await sealOne(deps, plan, epoch, last, lanes, releases.cuts)
      for (const partition of last.partitions) {
        totals.read += partition.read
        totals.accepted += partition.accepted
        totals.rejected += partition.rejected
        totals.duplicates += partition.duplicates
      }
    }
    return {
      stream: stream.name,
      fromEpoch: first,
      toEpoch: upTo + 1,
      ...totals,
      open: last === null ? [] : openOf(last),
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()))
    await (archiver as Archiver | null)?.close()
  }
}

async function sealOne(
  deps: SealDeps,
  plan: StreamPlan,
  epoch: number,
  previous: EpochManifest | null,
  lanes: readonly Lane[],
  cuts: EpochManifest['cuts'],
): Promise<EpochManifest> {
  const attempt = deps.newId()
  const partitions = await boundedParallel(lanes, deps.settings.parallelPartitions, (lane) => lane.seal(epoch, attempt))
  const manifest: EpochManifest = {
    version: 1,
    stream: plan.stream.name,
    streamHash: plan.stream.hash,
    epoch,
    epochMs: plan.epochMs,
    sealedAtMs: deps.clock.now(),
    attempt,
    cuts,
    partitions,
  }
  checkChain(previous, manifest)
  const inForce = await deps.lake.seal(manifest)
  // the parts of the attempt that lost stay unnamed and are swept later
  if (inForce.attempt !== attempt) throw new OvertakenError(`epoch ${epoch} was sealed by attempt ${inForce.attempt}`)
  return inForce
}

interface Head {
  readonly start: PartitionStart
  /** First offset to read: behind what was given up at the start. */
  readonly readFrom: number
  readonly high: number
  /** Of the partition. */
  readonly releases: Releases
  /** Nothing to read: the log ends here, or was seen to hold nothing to seal. */
  readonly skip: boolean
}

/** Where each partition goes on, checked against what the broker still has. */
async function headsOf(
  deps: SealDeps,
  plan: StreamPlan,
  previous: EpochManifest | null,
  all: Releases,
): Promise<readonly Head[]> {
  const { name, topic } = plan.stream
  const offsets = [...(await deps.log.offsets(topic))].sort((a, b) => a.partition - b.partition)
  for (const { partition, to } of previous?.partitions ?? []) {
    if (!offsets.some((o) => o.partition === partition))
      throw new TopicChangedError(topic, partition, to, 'the partition is gone')
  }
  const sealed = new Map<number, ManifestPartition>(previous?.partitions.map((p) => [p.partition, p]) ?? [])
  return Promise.all(
    offsets.map(async ({ partition, low, high }) => {
      const before = sealed.get(partition)
      // only a partition that was never sealed may hold hot state from before what the log still has
      const hotSince = before ? null : ((await deps.hot.state(plan.keyspace, partition))?.since ?? null)
      const releases = releasesOf(all, partition)
      const earliest = beforeLost(low, releases.lost)
      const { offset: from, epoch } = firstManifestFrom(previous, partition, { earliest, hotSince })
      const readFrom = behindLost(from, releases.lost)
      if (readFrom > high) {
        const reset = `if it was created again: tandem stream reset ${name}`
        throw new TopicChangedError(topic, partition, readFrom, `the log ends at ${high}; ${reset}`)
      }
      const last = before?.last ?? null
      if (last !== null) await checkContinuity(deps.log, plan.stream, partition, from, last)
      if (readFrom < low) {
        const giveUp = `. To go on without them: tandem seal ${name} --accept-loss ${partition}:${readFrom}-${low}`
        throw new LostRangeError(topic, partition, readFrom, low, giveUp)
      }
      return { start: { partition, from, epoch, last }, readFrom, high, releases, skip: readFrom === high }
    }),
  )
}

/** The oldest epoch ≤ `upTo` of which a record exists, for a stream that was never sealed; null where there is none. */
async function firstEpoch(lanes: readonly Lane[], upTo: number): Promise<number | null> {
  const epochs = await Promise.all(lanes.map((lane) => lane.peekEpoch()))
  const due = epochs.filter((epoch): epoch is number => epoch !== null && epoch <= upTo)
  return due.length === 0 ? null : Math.min(...due)
}

function openOf(manifest: EpochManifest): readonly number[] {
  return manifest.partitions.filter((p) => p.open).map((p) => p.partition)
}

/** One partition over all epochs of a pass. */
class Lane {
  readonly #cursor: PartitionCursor
  #start: PartitionStart
  #open: boolean
  #ticked = false

  constructor(
    private readonly deps: SealDeps,
    private readonly plan: StreamPlan,
    private readonly head: Head,
    private readonly run: BatchRun,
    private readonly archiver: () => Promise<Archiver>,
  ) {
    const { stream, epochMs } = plan
    const { start, readFrom, high, releases } = head
    this.#start = start
    this.#cursor = new PartitionCursor(
      deps.log,
      {
        stream: stream.name,
        topic: stream.topic,
        partition: start.partition,
        from: readFrom,
        epoch: start.epoch,
        epochMs,
        cuts: releases.cuts,
        maxEpoch: epochOf(deps.clock.now() + MAX_AHEAD_MS, epochMs),
      },
      run.signal,
    )
    const idle = deps.idle.find(stream.topic, start.partition, start.from, high)
    this.#open = head.skip || (idle !== null && !(idle.oldestMs !== null && this.#keepAlive(idle.oldestMs)))
  }

  peekEpoch(): Promise<number | null> {
    return this.#open ? Promise.resolve(null) : this.#cursor.peekEpoch()
  }

  async seal(epoch: number, attempt: string): Promise<ManifestPartition> {
    // open at one epoch means open at every later one of this pass: nothing more was to be read
    if (this.#open) return openPartition(this.#start)
    const { deps, plan } = this
    const { stream, epochMs } = plan
    const { partition: number, from, epoch: fromEpoch } = this.#start
    const { partition, ticked, oldestMs, idle } = await sealPartition(this.#start, epoch, {
      cursor: this.#cursor,
      openArchive: async () =>
        (await this.archiver()).open({ stream, epoch, epochMs, partition: number, from, fromEpoch, attempt }),
      tick: deps.settings.ticks && !this.#ticked ? () => deps.log.tick(stream.topic, number) : null,
      keepAlive: (ms) => this.#keepAlive(ms),
      lost: this.head.releases.lost,
      run: this.run,
    })
    this.#ticked ||= ticked
    this.#open = partition.open
    this.#start = { partition: number, from: partition.to, epoch: partition.epoch, last: partition.last }
    if (idle && !this.#ticked)
      deps.idle.set(stream.topic, number, { from: partition.to, high: this.head.high, oldestMs })
    else deps.idle.forget(stream.topic, number)
    return partition
  }

  close(): Promise<void> {
    return this.#cursor.close()
  }

  #keepAlive(oldestMs: number): boolean {
    return this.deps.clock.now() - oldestMs > this.deps.settings.keepAliveMs
  }
}
