import { createRequire } from 'node:module'
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs'
import type { KafkaConnection } from '../connections.js'
import type { Logger } from '../logger.js'
import { type FetchAnswer, type FetchRequest, fetchRequest, type WireRequest } from './fetch-protocol.js'
import { type ProduceAnswer, produceRequest } from './produce-protocol.js'

/**
 * The parts of kafkajs 2.2.4 that Tandem uses beyond its public surface: its connections, with their TLS,
 * authentication and metadata, but not its fetching, which moves positions on its own, hides offsets and decodes
 * slowly. The version is pinned for this; `wire.test.ts` fails where a part is missing.
 */
export interface WireCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[]
  findBroker(node: { nodeId: number }): Promise<WireBroker>
  fetchTopicsOffset(
    topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]>
}

interface WireBroker {
  initProducerId(options: {
    transactionalId: null
    transactionTimeout: number
  }): Promise<{ producerId: string; producerEpoch: number }>
  readonly connectionPool: { send<T>(request: WireRequest<T>): Promise<T> }
}

const require = createRequire(import.meta.url)
const Cluster = require('kafkajs/src/cluster') as new (options: Record<string, unknown>) => WireCluster
const Encoder = require('kafkajs/src/protocol/encoder') as Parameters<typeof fetchRequest>[0] &
  Parameters<typeof produceRequest>[0]
const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown
const loggers = require('kafkajs/src/loggers') as { createLogger(options: Record<string, unknown>): unknown }

export const WIRE = {
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  metadataMaxAgeMs: 60_000,
  /** The client's own attempts at one request; what lasts longer is retried by its caller, who can say so. */
  retry: { initialRetryTime: 100, maxRetryTime: 2_000, multiplier: 2, factor: 0.2, retries: 8 },
} as const

/** The public client. */
export function openKafka(connection: KafkaConnection, clientId: string, logger: Logger): Kafka {
  return new kafkajs.Kafka({
    ...addresses(connection, clientId),
    retry: WIRE.retry,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: into(logger),
  })
}

/** Connections for fetching, apart from those of the groups: a fetch that waits at the broker holds up all behind it. */
export function openCluster(connection: KafkaConnection, clientId: string, logger: Logger): WireCluster {
  return new Cluster({
    ...addresses(connection, clientId),
    logger: loggers.createLogger({ level: kafkajs.logLevel.WARN, logCreator: into(logger) }),
    socketFactory: socketFactory(),
    metadataMaxAge: WIRE.metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    retry: WIRE.retry,
  })
}

/** One fetch from the broker that leads all these partitions. */
export async function fetchFrom(
  cluster: WireCluster,
  nodeId: number,
  request: FetchRequest,
): Promise<readonly FetchAnswer[]> {
  const broker = await cluster.findBroker({ nodeId })
  return broker.connectionPool.send(fetchRequest(Encoder, request))
}

/** One batch to the broker that leads its partition. */
export async function produceTo(
  cluster: WireCluster,
  nodeId: number,
  batch: Parameters<typeof produceRequest>[1],
): Promise<ProduceAnswer> {
  const broker = await cluster.findBroker({ nodeId })
  return broker.connectionPool.send(produceRequest(Encoder, batch))
}

/** An identity by which the broker knows repeated batches. */
export async function newProducerId(
  cluster: WireCluster,
  nodeId: number,
): Promise<{ producerId: bigint; producerEpoch: number }> {
  const broker = await cluster.findBroker({ nodeId })
  const { producerId, producerEpoch } = await broker.initProducerId({
    transactionalId: null,
    transactionTimeout: WIRE.requestTimeoutMs,
  })
  return { producerId: BigInt(producerId), producerEpoch }
}

/** Node that leads a partition, as last heard. */
export function leaderOf(cluster: WireCluster, topic: string, partition: number): number {
  const found = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition)
  if (found === undefined) throw new Error(`topic "${topic}" has no partition ${partition}`)
  return found.leader
}

function addresses({ brokers, ssl, sasl }: KafkaConnection, clientId: string): KafkaConfig {
  return {
    clientId,
    brokers: [...brokers],
    connectionTimeout: WIRE.connectionTimeoutMs,
    requestTimeout: WIRE.requestTimeoutMs,
    ...(ssl === undefined
      ? {}
      : { ssl: ssl === true ? true : { ...(ssl.ca ? { ca: [ssl.ca] } : {}), cert: ssl.cert, key: ssl.key } }),
    ...(sasl === undefined ? {} : { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
  }
}

/**
 * The client writes its lines through our logger. What it calls errors are mostly attempts that it repeats: warnings
 * here. Left out are the answers that it repeats or hands to its caller anyway, and its advice on retries.
 */
function into(logger: Logger) {
  return () =>
    ({ namespace, log }: { namespace: string; log: { message: string; [field: string]: unknown } }) => {
      const { message, timestamp: _, stack: __, logger: ___, ...fields } = log
      if (namespace === 'Connection' || message.startsWith('Limiting retries')) return
      logger.warn({ client: 'kafka', namespace, ...fields }, message)
    }
}
