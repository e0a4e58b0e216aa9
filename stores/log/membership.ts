import type { Kafka } from 'kafkajs'

export const MEMBERSHIP = {
  /** A member that was killed keeps its partitions so long; the broker's usual lower bound is 6 s. */
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  heartbeatMs: 1_500,
  /** How often the client looks whether a heartbeat is due. */
  pollMs: 250,
  /** How soon a partition that was added to a topic is given to a member. */
  metadataMaxAgeMs: 5_000,
} as const

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface MembershipOptions {
  readonly kafka: Kafka
  readonly group: string
  readonly topics: readonly string[]
  /** The whole assignment, each time the member has joined. Called before anything else runs. */
  readonly onAssigned: (partitions: readonly TopicPartition[]) => void
}

export interface Membership {
  /** Leaves the group, so that the others get its partitions at once. */
  leave(): Promise<void>
  /** Settles when membership ends: resolves after `leave`, rejects with what ended it. */
  readonly ended: Promise<void>
}

/**
 * Takes part in a consumer group, and nothing else: every partition is paused as soon as it is assigned, so the client
 * sends heartbeats, follows rebalances and added partitions, and never fetches or commits.
 */
export async function joinGroup({ kafka, group, topics, onAssigned }: MembershipOptions): Promise<Membership> {
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: MEMBERSHIP.sessionTimeoutMs,
    rebalanceTimeout: MEMBERSHIP.rebalanceTimeoutMs,
    heartbeatInterval: MEMBERSHIP.heartbeatMs,
    maxWaitTimeInMs: MEMBERSHIP.pollMs,
    metadataMaxAge: MEMBERSHIP.metadataMaxAgeMs,
    allowAutoTopicCreation: false,
  })
  let settle!: { resolve: () => void; reject: (error: unknown) => void }
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  ended.catch(() => undefined) // whoever awaits it hears of it; nobody awaiting it must not end the process
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause(topics.map((topic) => ({ topic })))
    onAssigned(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition }))),
    )
  })
  // The client restarts itself after what it calls retriable (a broker that is away); anything else is final.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) settle.reject(payload.error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        throw new Error(`topic "${batch.topic}" partition ${batch.partition} was fetched by the group's client although it is paused`)
      },
    })
  } catch (error) {
    await consumer.disconnect()
    throw error
  }
  return {
    ended,
    leave: async () => {
      await consumer.disconnect()
      settle.resolve()
    },
  }
}
