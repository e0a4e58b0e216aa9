import type { Admin } from 'kafkajs'
import type { KafkaConnection } from '../connections.js'
import type { Logger } from '../logger.js'
import { openConsumer } from './kafka-consumer.js'
import type { LogConsumer, LogStore } from './log-port.js'
import { Producers, tickRecord } from './producers.js'
import { readRange } from './range-reader.js'
import { checkTopic, ensureTopic, offsetsOf, partitionsOf } from './topics.js'
import { openCluster, openKafka } from './wire.js'

export interface LogOptions {
  /** Named in the broker's logs and metrics. */
  readonly clientId: string
  readonly logger: Logger
}

/** Kafka as Tandem uses it. Connects when it is first used; `close` ends everything it opened, consumers included. */
export function openLog(connection: KafkaConnection, { clientId, logger }: LogOptions): LogStore {
  const kafka = openKafka(connection, clientId, logger)
  const producers = new Producers(kafka)
  const consumers = new Set<LogConsumer>()
  let opened: Promise<Admin> | undefined
  const admin = (): Promise<Admin> => {
    opened ??= (async () => {
      const client = kafka.admin()
      await client.connect()
      return client
    })()
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
  return {
    ensureTopic: async (settings) => ensureTopic(await admin(), settings),
    checkTopic: async (topic) => checkTopic(await admin(), topic, connection.brokers),
    partitions: async (topic) => partitionsOf(await admin(), topic),
    addPartitions: async (topic, total) => {
      await (await admin()).createPartitions({ topicPartitions: [{ topic, count: total }] })
    },
    offsets: async (topic) => offsetsOf(await admin(), topic),
    consume: async (options) => {
      const consumer = await openConsumer(options, { kafka, cluster: openCluster(connection, clientId, logger), logger })
      consumers.add(consumer)
      const forget = (): boolean => consumers.delete(consumer)
      consumer.stopped.then(forget, forget)
      return consumer
    },
    readRange: (options) =>
      readRange(options, async () => {
        const cluster = openCluster(connection, clientId, logger)
        await cluster.connect()
        return cluster
      }),
    produce: (topic, records) => producers.send(topic, records),
    produceTransaction: (topic, records, commit) => producers.transaction(topic, records, commit),
    tick: (topic, partition) => producers.send(topic, [tickRecord(partition)]),
    deleteGroup: async (group) => {
      await (await admin()).deleteGroups([group])
    },
    deleteRecords: async (topic, partition, before) => {
      const client = await admin()
      await client.fetchTopicOffsets(topic) // deleting looks for the leader in metadata that only this loads
      await client.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${before}` }] })
    },
    ping: async () => {
      await (await admin()).describeCluster()
    },
    close: async () => {
      await Promise.allSettled([...consumers].map((consumer) => consumer.stop()))
      await producers.close()
      if (opened) await (await opened).disconnect()
    },
  }
}
