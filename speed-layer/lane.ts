import { randomBytes } from 'node:crypto'
import { compileFold } from '../core/compile/compile-fold.js'
import { compileDecoder } from '../core/decode/compile-decoder.js'
import type { PartitionBoundary } from '../core/seam/boundary.js'
import type { Releases } from '../core/seam/index.js'
import type { Clock } from '../core/time/clock.js'
import type { HotStore } from '../stores/hot/index.js'
import type { LogBatch, ProduceRecord } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { PartitionLane } from './partition-lane.js'
import type { PartitionStatus } from './partition-status.js'
import type { StreamPlan } from './stream-plan.js'
import { within } from './timing.js'

/** Where partitions are decoded, folded and flushed: in this thread or in another. */
export interface LaneHost {
  /** Takes a partition; resolves with the offset to read from, once its state is read back. */
  assign(stream: string, partition: number): Promise<number>
  /** Resolves when the next batch of the partition may come. */
  accept(stream: string, batch: LogBatch): Promise<void>
  /** Forgets a partition. */
  revoke(stream: string, partition: number): void
  /** Stops a partition by name. */
  halt(stream: string, partition: number, reason: string): void
  /** One round of the watch over all partitions; resolves with how they are. */
  watch(): Promise<readonly PartitionStatus[]>
  /** Flushes what is folded, then gives everything up. Bounded by `withinMs`. */
  close(withinMs: number): Promise<void>
}

/** What a lane tells the side that reads the log. */
export interface LaneEvents {
  onSeek(stream: string, partition: number, offset: number): void
  onStored(stream: string, partition: number, next: number): void
  onHalted(stream: string, partition: number, reason: string): void
}

export interface LaneDeps {
  readonly hot: HotStore
  readonly startOf: (stream: string, partition: number) => Promise<PartitionBoundary>
  /** What persons decided about the stream's log, as of now. */
  readonly releases: (stream: string) => Promise<Releases>
  /** Ids of the epoch before the boundary's that lie below it in the lake. */
  readonly idsBelow: (stream: string, partition: number, boundary: PartitionBoundary) => Promise<readonly string[]>
  readonly produce: (topic: string, records: readonly ProduceRecord[]) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly events: LaneEvents
}

/** The partitions of one thread. */
export function openLane(plans: readonly StreamPlan[], deps: LaneDeps): LaneHost {
  const makers = new Map(plans.map((plan) => [plan.stream.name, partitionMaker(plan, deps)]))
  const lanes = new Map<string, PartitionLane>()
  const nameOf = (stream: string, partition: number): string => `${stream}/${partition}`
  const revoke = (stream: string, partition: number): void => {
    lanes.get(nameOf(stream, partition))?.close()
    lanes.delete(nameOf(stream, partition))
  }
  return {
    async assign(stream, partition) {
      const make = makers.get(stream)
      if (make === undefined) throw new Error(`stream "${stream}" is not among the lane's`)
      revoke(stream, partition)
      const lane = make(partition)
      lanes.set(nameOf(stream, partition), lane)
      return lane.open()
    },
    async accept(stream, batch) {
      await lanes.get(nameOf(stream, batch.partition))?.accept(batch)
    },
    revoke,
    halt: (stream, partition, reason) => lanes.get(nameOf(stream, partition))?.halt(reason),
    async watch() {
      await Promise.all([...lanes.values()].map((lane) => lane.watch()))
      return [...lanes.values()].map((lane) => lane.status())
    },
    async close(withinMs) {
      await within(withinMs, Promise.all([...lanes.values()].map((lane) => lane.drain())))
      for (const lane of lanes.values()) lane.close()
      lanes.clear()
    },
  }
}

/** The decoder is shared by a stream's partitions; a fold belongs to one. */
function partitionMaker(
  plan: StreamPlan,
  { hot, startOf, releases, idsBelow, produce, clock, logger, events }: LaneDeps,
): (partition: number) => PartitionLane {
  const { stream, views, epochMs } = plan
  const decoder = compileDecoder(stream)
  const byName = new Map(views.map((view) => [view.name, view]))
  return (partition) =>
    new PartitionLane(plan, partition, {
      hot,
      decoder,
      newFold: () => compileFold(stream, views, epochMs),
      views: byName,
      startOf: () => startOf(stream.name, partition),
      releases: () => releases(stream.name),
      idsBelow: (boundary) => idsBelow(stream.name, partition, boundary),
      sendDeadLetters: (letters) => produce(stream.dlqTopic, letters),
      newNonce: () => randomBytes(12).toString('base64url'),
      clock,
      logger,
      onSeek: (offset) => events.onSeek(stream.name, partition, offset),
      onStored: (next) => events.onStored(stream.name, partition, next),
      onHalted: (reason) => events.onHalted(stream.name, partition, reason),
    })
}
