import kafkajs, { type Transaction } from 'kafkajs'
import type { KafkaConnection } from '../connections.js'
import type { Logger } from '../logger.js'
import type { ProduceRecord } from './log-port.js'
import { messageOf } from './transaction.js'
import { openKafka } from './wire.js'

const TIMEOUT_MS = 60_000

/** Records for several topics that become visible together or not at all. */
export type ProduceTogether = readonly { readonly topic: string; readonly records: readonly ProduceRecord[] }[]

/** Writes under a name that only its newest holder can write under. */
export interface ExclusiveProducer {
  /** One transaction. @throws where a newer holder took the name; nothing was written then */
  write(together: ProduceTogether): Promise<void>
  close(): Promise<void>
}

/**
 * Takes the name: whatever an earlier holder left unfinished is ended by the broker before this resolves, and it can write
 * no more. What is read from then on is therefore all that will ever be there but for what this holder writes: a look
 * followed by a write leaves no room for a second writer.
 */
export async function openExclusiveProducer(
  connection: KafkaConnection,
  name: string,
  { clientId, logger }: { readonly clientId: string; readonly logger: Logger },
): Promise<ExclusiveProducer> {
  const producer = openKafka(connection, clientId, logger).producer({
    idempotent: true,
    maxInFlightRequests: 1, // sequence numbers must arrive in order
    transactionalId: name,
    transactionTimeout: TIMEOUT_MS,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  // the client takes the name when the first transaction begins
  let begun: Transaction | null = await producer.transaction()
  return {
    async write(together) {
      const transaction = begun ?? (await producer.transaction())
      begun = null
      const topicMessages = together.map(({ topic, records }) => ({ topic, messages: records.map(messageOf) }))
      try {
        await transaction.sendBatch({ acks: -1, topicMessages })
      } catch (error) {
        // a holder that was superseded cannot abort either; the broker did that already
        await transaction.abort().catch(() => undefined)
        throw error
      }
      await transaction.commit()
    },
    async close() {
      await begun?.abort()
      begun = null
      await producer.disconnect()
    },
  }
}
