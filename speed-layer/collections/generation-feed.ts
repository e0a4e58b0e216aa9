import { compileFeed } from '../../core/compile/compile-feed.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { CollectionStore, FeedPosition } from '../../stores/collections/index.js'
import type { LogConsumer, LogStore } from '../../stores/log/index.js'
import type { Logger } from '../../stores/logger.js'
import { patiently } from '../patiently.js'
import { type FeedDeps, feedBatch } from './feed-batch.js'

export interface GenerationFeedDeps extends FeedDeps {
  readonly collections: Pick<CollectionStore, 'put' | 'setPosition' | 'positions'>
  readonly log: Pick<LogStore, 'consume' | 'offsets'>
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** One generation being fed. */
export interface GenerationFeed {
  /** Where each partition of this process goes on. */
  readonly positions: ReadonlyMap<number, FeedPosition>
  stop(): Promise<void>
  /** Rejects where feeding cannot go on. */
  readonly stopped: Promise<void>
}

/**
 * Reads the stream in a group of the generation's own, from the offsets that are stored beside its documents, never Kafka's.
 * While an engine is away it waits, and the log with it.
 */
export async function openGenerationFeed(
  collection: CollectionDefinition,
  generation: string,
  deps: GenerationFeedDeps,
): Promise<GenerationFeed> {
  const { collections, log, logger, signal } = deps
  const stream = collection.feed?.stream
  if (stream === undefined) throw new Error(`collection "${collection.name}" is loaded by a source; no stream feeds it`)
  const fed = { collection, generation, feed: compileFeed(collection), decoder: compileDecoder(stream) }
  const positions = new Map<number, FeedPosition>()
  const waiting = {
    onWait: (reason: string) => logger.warn({ collection: collection.name, generation, reason }, 'feeding waits'),
    abandoned: () => signal.aborted,
  }
  const consumer: LogConsumer = await log.consume({
    topics: [stream.topic],
    group: `tandem-collection-${collection.name}-${generation}`,
    positionOf: (_topic, partition) =>
      patiently(async () => {
        const stored = (await collections.positions(collection.name, generation)).get(partition)
        const position = stored ?? { next: await earliest(log, stream.topic, partition), timeMs: 0 }
        positions.set(partition, position)
        return position.next
      }, waiting),
    onBatch: async (batch) => {
      const position = positions.get(batch.partition)
      if (position === undefined) return // revoked while it was on its way
      const next = await patiently(() => feedBatch(fed, batch, position, deps), waiting)
      if (positions.get(batch.partition) === position) positions.set(batch.partition, next)
    },
    onRevoked: (partitions) => {
      for (const { partition } of partitions) positions.delete(partition)
    },
    onOutOfRange: (_topic, partition, position) =>
      logger.error(
        { collection: collection.name, generation, partition, position },
        'Kafka does not hold the next record of a collection any more: rebuild it with `tandem collections rebuild`',
      ),
  })
  return { positions, stop: () => consumer.stop(), stopped: consumer.stopped }
}

async function earliest(log: Pick<LogStore, 'offsets'>, topic: string, partition: number): Promise<number> {
  return (await log.offsets(topic)).find((one) => one.partition === partition)?.low ?? 0
}
