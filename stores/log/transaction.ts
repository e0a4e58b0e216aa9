import { randomUUID } from 'node:crypto'
import kafkajs, { type Kafka, type Message } from 'kafkajs'
import type { ProduceRecord } from './log-port.js'

const TIMEOUT_MS = 60_000

/** All records in one transaction, with a transactional id of its own. */
export async function produceTransaction(
  kafka: Kafka,
  topic: string,
  records: readonly ProduceRecord[],
  commit: boolean,
): Promise<void> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1, // sequence numbers must arrive in order
    transactionalId: `tandem-${randomUUID()}`,
    transactionTimeout: TIMEOUT_MS,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  try {
    const transaction = await producer.transaction()
    try {
      await transaction.send({ topic, acks: -1, messages: records.map(messageOf) })
    } catch (error) {
      await transaction.abort()
      throw error
    }
    if (commit) await transaction.commit()
    else await transaction.abort()
  } finally {
    await producer.disconnect()
  }
}

/** As the client wants it. */
export function messageOf({ key, value, partition, headers }: ProduceRecord): Message {
  return {
    key,
    value:
      value === null || typeof value === 'string'
        ? value
        : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    ...(partition === undefined ? {} : { partition }),
    ...(headers === undefined ? {} : { headers }),
  }
}
