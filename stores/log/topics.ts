import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import type { TopicSettings } from './log-port.js'
import { parseOffset } from './offset.js'

/** Topics accept values of this size unless their settings say otherwise; what a stream rejects as too large must first arrive. */
const MAX_MESSAGE_BYTES = 8 << 20

/** Creates the topic where it is missing; one that exists stays as it is, and is judged by `checkTopic`. */
export async function ensureTopic(
  admin: Admin,
  { name, partitions, maxMessageBytes, retentionMs }: TopicSettings,
): Promise<void> {
  const settings = {
    'message.timestamp.type': 'LogAppendTime',
    'cleanup.policy': 'delete',
    'max.message.bytes': `${maxMessageBytes ?? MAX_MESSAGE_BYTES}`,
    ...(retentionMs === undefined ? {} : { 'retention.ms': `${retentionMs}` }),
  }
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  // Answers false where the topic exists already, so two that start at once do no harm. The client's own wait for
  // leaders fails where the broker does not know the new topic yet.
  const created = await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic: name, numPartitions: partitions, configEntries }],
  })
  if (!created) return
  await known(admin, name, partitions)
  // The metadata names a leader a moment before that broker knows of it; until then it refuses to list offsets.
  await patiently(async () => {
    await admin.fetchTopicOffsets(name)
  })
}

/** Resolves when the broker's metadata has the partitions, so that they can be written and read at once. */
export async function addPartitions(admin: Admin, topic: string, total: number): Promise<void> {
  await admin.createPartitions({ topicPartitions: [{ topic, count: total }] })
  await known(admin, topic, total)
}

async function known(admin: Admin, topic: string, partitions: number): Promise<void> {
  await patiently(async () => {
    const { length } = await partitionsOf(admin, topic)
    if (length < partitions)
      throw new kafkajs.KafkaJSError(`topic "${topic}" has ${length} partitions, not yet ${partitions}`)
  })
}

const METADATA_WAIT = { everyMs: 100, maxAttempts: 100 } as const

/** What the controller has decided reaches the brokers' metadata a moment later. */
async function patiently(look: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSError && error.retriable) || attempt === METADATA_WAIT.maxAttempts)
        throw error
      await delay(METADATA_WAIT.everyMs)
    }
  }
}

/** Thrown for a topic whose settings would make answers wrong; the message holds the command that mends it. */
export class TopicSettingsError extends Error {
  override readonly name = 'TopicSettingsError'
  constructor(
    readonly topic: string,
    message: string,
  ) {
    super(message)
  }
}

/** @throws TopicSettingsError for a topic that is not LogAppendTime, is compacted, or forgets too soon */
export async function checkTopic(
  admin: Admin,
  topic: string,
  brokers: readonly string[],
  minRetentionMs = 0,
): Promise<void> {
  const found = await configOf(admin, topic, ['message.timestamp.type', 'cleanup.policy', 'retention.ms'])
  const required = [
    {
      name: 'message.timestamp.type',
      value: 'LogAppendTime',
      why: "an epoch is made of the broker's time, not the producer's",
    },
    { name: 'cleanup.policy', value: 'delete', why: 'a compacted topic loses records that were counted' },
    {
      name: 'retention.ms',
      value: retentionText(found.get('retention.ms'), minRetentionMs),
      why: 'records must outlast three times what sealing them may take',
    },
  ]
  for (const { name, value, why } of required) {
    if (found.get(name) === value) continue
    const command = `kafka-configs.sh --bootstrap-server ${brokers[0]} --entity-type topics --entity-name ${topic} --alter --add-config ${name}=${value}`
    throw new TopicSettingsError(topic, `topic "${topic}" has ${name}=${found.get(name)}, but ${why}. Run: ${command}`)
  }
}

/** How long a topic keeps its records, ms; null: for ever. */
export async function retentionOf(admin: Admin, topic: string): Promise<number | null> {
  const ms = Number((await configOf(admin, topic, ['retention.ms'])).get('retention.ms'))
  if (!Number.isSafeInteger(ms)) throw new Error(`topic "${topic}": retention.ms is ${ms}, not a whole number`)
  return ms < 0 ? null : ms
}

/** What the retention should be: as it is, where that is enough. */
function retentionText(found: string | undefined, minMs: number): string | undefined {
  return found === undefined || Number(found) < 0 || Number(found) >= minMs ? found : `${minMs}`
}

async function configOf(
  admin: Admin,
  topic: string,
  configNames: string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }],
  })
  return new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]))
}

/** First available offset and exclusive end (the last stable offset where a transaction is open), per partition. */
export async function offsetsOf(
  admin: Admin,
  topic: string,
): Promise<readonly { partition: number; low: number; high: number }[]> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return offsets
    .map(({ partition, low, high }) => ({ partition, low: parseOffset(low), high: parseOffset(high) }))
    .sort((a, b) => a.partition - b.partition)
}

export async function partitionsOf(admin: Admin, topic: string): Promise<readonly number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return (topics[0]?.partitions ?? []).map((p) => p.partitionId).sort((a, b) => a - b)
}
