import type { Consumer, Kafka } from 'kafkajs'
import type { Logger } from '../logger.js'

export const MEMBERSHIP = {
  /** A member that was killed keeps its partitions so long; the broker's usual lower bound is 6 s. */
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  heartbeatMs: 1_500,
  /** How often the client looks whether a heartbeat is due. */
  pollMs: 400,
  /** How soon a partition that was added to a topic is given to a member. */
  metadataMaxAgeMs: 5_000,
  /** Before joining again after the client has given up. */
  rejoinDelayMs: 1_000,
} as const

/** What no second attempt mends. */
const FINAL =
  /AUTHORIZATION|SASL|SECURITY_DISABLED|UNSUPPORTED|INCONSISTENT_GROUP_PROTOCOL|INVALID_SESSION_TIMEOUT|INVALID_GROUP_ID/

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
  readonly logger: Logger
}

export interface Membership {
  /** Leaves the group, so that the others get its partitions at once. */
  leave(): Promise<void>
  /** Settles when membership ends: resolves after `leave`, rejects with what ended it. */
  readonly ended: Promise<void>
}

/**
 * Takes part in a consumer group, and nothing else: every partition is paused as soon as it is assigned, so the client
 * sends heartbeats, follows rebalances and added partitions, and never fetches or commits. While the brokers are away it
 * keeps trying: how long that may last is for those who fetch to say.
 */
export async function joinGroup(options: MembershipOptions): Promise<Membership> {
  let settle!: { resolve: () => void; reject: (error: unknown) => void }
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  ended.catch(() => undefined) // whoever awaits it hears of it; nobody awaiting it must not end the process
  let left = false
  let retry: NodeJS.Timeout | undefined

  const onCrash = (error: Error): void => {
    if (left || retry !== undefined) return
    if (FINAL.test(`${(error as { type?: string }).type} ${error.name}`)) {
      settle.reject(error)
      return
    }
    options.logger.warn({ group: options.group, reason: error.message }, 'joining the group again')
    retry = setTimeout(() => {
      retry = undefined
      member = join(options, onCrash)
      member.catch(onCrash)
    }, MEMBERSHIP.rejoinDelayMs)
  }
  let member = join(options, onCrash)
  await member
  return {
    ended,
    async leave() {
      left = true
      clearTimeout(retry)
      const consumer = await member.catch(() => null)
      await consumer?.disconnect()
      settle.resolve()
    },
  }
}

/** @param onCrash told of an end that the client itself will not begin again after */
async function join(
  { kafka, group, topics, onAssigned }: MembershipOptions,
  onCrash: (error: Error) => void,
): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: MEMBERSHIP.sessionTimeoutMs,
    rebalanceTimeout: MEMBERSHIP.rebalanceTimeoutMs,
    heartbeatInterval: MEMBERSHIP.heartbeatMs,
    maxWaitTimeInMs: MEMBERSHIP.pollMs,
    metadataMaxAge: MEMBERSHIP.metadataMaxAgeMs,
    allowAutoTopicCreation: false,
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause(topics.map((topic) => ({ topic })))
    onAssigned(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    )
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onCrash(payload.error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        throw new Error(
          `topic "${batch.topic}" partition ${batch.partition} was fetched by the group's client although it is paused`,
        )
      },
    })
    return consumer
  } catch (error) {
    await consumer.disconnect()
    throw error
  }
}
