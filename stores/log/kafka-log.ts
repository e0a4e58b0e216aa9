import type { KafkaConnection } from '../connections.js'
import type { Logger } from '../logger.js'
import { systemClock } from '../system-clock.js'
import { IdempotentProducer } from './idempotent-producer.js'
import { openConsumer } from './kafka-consumer.js'
import type { LogConsumer, LogStore } from './log-port.js'
import { readRange } from './range-reader.js'
import { readBack } from './read-back.js'
import { TICK_HEADER } from './record-batch.js'
import { addPartitions, checkTopic, ensureTopic, offsetsOf, partitionsOf, retentionOf } from './topics.js'
import { produceTransaction } from './transaction.js'
import { openCluster, openKafka } from './wire.js'

export interface LogOptions {
  /** Named in the broker's logs and metrics. */
  readonly clientId: string
  readonly logger: Logger
}

/** Kafka as Tandem uses it. Connects when it is first used; `close` ends everything it opened, consumers included. */
export function openLog(connection: KafkaConnection, { clientId, logger }: LogOptions): LogStore {
  const kafka = openKafka(connection, clientId, logger)
  const consumers = new Set<LogConsumer>()
  let closed = false
  const admin = whenUsed(
    async () => {
      const client = kafka.admin()
      await client.connect()
      return client
    },
    (client) => client.disconnect(),
  )
  const writing = whenUsed(
    async () => {
      const cluster = openCluster(connection, clientId, logger)
      await cluster.connect()
      return { cluster, producer: new IdempotentProducer(cluster, systemClock) }
    },
    ({ cluster }) => cluster.disconnect(),
  )
  const open = async () => {
    const cluster = openCluster(connection, clientId, logger)
    await cluster.connect()
    return cluster
  }
  const produce: LogStore['produce'] = async (topic, records) => (await writing.open()).producer.send(topic, records)
  return {
    ensureTopic: async (settings) => ensureTopic(await admin.open(), settings),
    checkTopic: async (topic, minRetentionMs) =>
      checkTopic(await admin.open(), topic, connection.brokers, minRetentionMs),
    retentionMs: async (topic) => retentionOf(await admin.open(), topic),
    readBack: async (topic, partition, offset) => {
      const found = (await offsetsOf(await admin.open(), topic)).find((p) => p.partition === partition)
      if (found === undefined || offset >= found.high) return 'none'
      if (offset < found.low) return 'deleted'
      return readBack({ topic, partition, offset }, open)
    },
    partitions: async (topic) => partitionsOf(await admin.open(), topic),
    addPartitions: async (topic, total) => addPartitions(await admin.open(), topic, total),
    offsets: async (topic) => offsetsOf(await admin.open(), topic),
    consume: async (options) => {
      const consumer = await openConsumer(options, {
        kafka,
        cluster: openCluster(connection, clientId, logger),
        logger,
      })
      if (closed) {
        await consumer.stop()
        throw new Error('the log was closed while a consumer joined its group')
      }
      consumers.add(consumer)
      const forget = (): boolean => consumers.delete(consumer)
      consumer.stopped.then(forget, forget)
      return consumer
    },
    readRange: (options) => readRange(options, open),
    produce,
    produceTransaction: (topic, records, commit) => produceTransaction(kafka, topic, records, commit),
    tick: (topic, partition) =>
      produce(topic, [{ key: null, value: null, partition, headers: { [TICK_HEADER]: '1' } }]),
    deleteGroup: async (group) => {
      await (await admin.open()).deleteGroups([group])
    },
    deleteRecords: async (topic, partition, before) => {
      const client = await admin.open()
      await client.fetchTopicOffsets(topic) // deleting looks for the leader in metadata that only this loads
      await client.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${before}` }] })
    },
    ping: async () => {
      await (await admin.open()).describeCluster()
    },
    close: async () => {
      closed = true
      await Promise.allSettled([...consumers].map((consumer) => consumer.stop()))
      await writing.close()
      await admin.close()
    },
  }
}

/** A connection that is made when it is first needed, and again after it could not be made. */
function whenUsed<T>(
  connect: () => Promise<T>,
  disconnect: (connected: T) => Promise<void>,
): { open(): Promise<T>; close(): Promise<void> } {
  let opened: Promise<T> | undefined
  return {
    open() {
      opened ??= connect()
      opened.catch(() => {
        opened = undefined
      })
      return opened
    },
    async close() {
      const closing = opened
      opened = undefined
      if (closing) await disconnect(await closing)
    },
  }
}
