import { minRetentionMs } from '../core/seam/index.js'
import type { LogConsumer, LogStore } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import type { LaneHost } from './lane.js'
import { groupOf, type StreamPlan } from './stream-plan.js'

export interface ConsumeDeps {
  readonly log: LogStore
  /** The lane that a partition belongs to, always the same one. */
  readonly laneOf: (partition: number) => LaneHost
  /** What is wrong with the log behind a partition's position; null where nothing is. */
  readonly discontinuity: (partition: number) => Promise<string | null>
  /** Told each time a partition is about to be fetched. */
  readonly onFetching: () => void
  readonly logger: Logger
}

/** A stream as this process reads it. */
export interface StreamReader {
  readonly plan: StreamPlan
  readonly consumer: LogConsumer
  /** What Kafka's silence is about; null while it answers. */
  readonly trouble: () => string | null
}

/** Joins the stream's group and hands its lanes what the log holds, from where each of them says. */
export async function consumeStream(
  plan: StreamPlan,
  { log, laneOf, discontinuity, onFetching, logger }: ConsumeDeps,
): Promise<StreamReader> {
  const { name, topic } = plan.stream
  let trouble: string | null = null
  await log.checkTopic(topic, minRetentionMs(plan.epochMs, 0))
  const consumer = await log.consume({
    topics: [topic],
    group: groupOf(plan),
    positionOf: async (_topic, partition) => {
      const position = await laneOf(partition).assign(name, partition)
      const wrong = await discontinuity(partition)
      if (wrong !== null) laneOf(partition).halt(name, partition, wrong)
      onFetching()
      return position
    },
    onBatch: (batch) => laneOf(batch.partition).accept(name, batch),
    onRevoked: (partitions) => {
      for (const { partition } of partitions) laneOf(partition).revoke(name, partition)
    },
    onOutOfRange: (_topic, partition, position) => {
      laneOf(partition).halt(
        name,
        partition,
        `Kafka does not hold offset ${position} of topic "${topic}": deleted, truncated or recreated`,
      )
    },
    onTrouble: (error) => {
      if (error !== null && trouble === null)
        logger.warn({ stream: name, reason: error.message }, 'Kafka does not answer')
      if (error === null && trouble !== null) logger.info({ stream: name }, 'Kafka answers again')
      trouble = error?.message ?? null
    },
  })
  return { plan, consumer, trouble: () => trouble }
}
