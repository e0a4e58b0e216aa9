import type { Kafka } from 'kafkajs'
import type { Logger } from '../logger.js'
import { Fetcher } from './fetcher.js'
import type { ConsumeOptions, LogConsumer } from './log-port.js'
import { joinGroup, type Membership, type TopicPartition } from './membership.js'
import { unpack } from './packed-batch.js'
import type { WireCluster } from './wire.js'

export interface ConsumerDeps {
  readonly kafka: Kafka
  /** Connections of this consumer alone; closed with it. */
  readonly cluster: WireCluster
  readonly logger: Logger
}

/** The group decides which partitions; the fetcher reads them, from where `positionOf` says. */
export async function openConsumer(
  options: ConsumeOptions,
  { kafka, cluster, logger }: ConsumerDeps,
): Promise<LogConsumer> {
  /** By name; the value changes with each assignment, so that a slow `positionOf` of an earlier one starts nothing. */
  const held = new Map<string, TopicPartition>()
  let fail!: (error: unknown) => void
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => undefined) // `stopped` is what is awaited
  const fetcher = new Fetcher({
    cluster,
    logger,
    onBatch: (packed) => options.onBatch(unpack(packed)),
    onOutOfRange: (topic, partition, position) => options.onOutOfRange?.(topic, partition, position),
    onTrouble: (error) => options.onTrouble?.(error),
  })

  const start = async (assigned: TopicPartition): Promise<void> => {
    const { topic, partition } = assigned
    const position = await options.positionOf(topic, partition)
    if (held.get(`${topic}/${partition}`) === assigned) fetcher.seek(topic, partition, position)
  }
  const onAssigned = (partitions: readonly TopicPartition[]): void => {
    const names = new Set(partitions.map(({ topic, partition }) => `${topic}/${partition}`))
    const revoked = [...held].filter(([name]) => !names.has(name))
    for (const [name, { topic, partition }] of revoked) {
      held.delete(name)
      fetcher.remove(topic, partition)
    }
    if (revoked.length > 0) options.onRevoked(revoked.map(([, lost]) => lost))
    // A partition kept through a rebalance goes on where it is: if another member had it in between, the fence shows.
    for (const assigned of partitions) {
      const name = `${assigned.topic}/${assigned.partition}`
      if (held.has(name)) continue
      held.set(name, assigned)
      start(assigned).catch(fail)
    }
  }

  let membership: Membership
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics(options.topics)
    membership = await joinGroup({ kafka, group: options.group, topics: options.topics, onAssigned, logger })
  } catch (error) {
    await fetcher.close()
    await cluster.disconnect()
    throw error
  }

  const close = async (): Promise<void> => {
    await fetcher.close()
    await membership.leave()
    await cluster.disconnect()
  }
  const stopped = Promise.race([fetcher.ended, membership.ended, failed]).finally(close)
  stopped.catch(() => undefined) // as above
  return {
    seek: (topic, partition, offset) => fetcher.seek(topic, partition, offset),
    pause: (topic, partition) => fetcher.pause(topic, partition),
    resume: (topic, partition) => fetcher.resume(topic, partition),
    assigned: () => [...held.values()],
    stop: async () => {
      await fetcher.close()
      await stopped
    },
    stopped,
  }
}
