import { randomUUID } from 'node:crypto'
import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs'
import type { ProduceRecord } from './log-port.js'
import { TICK_HEADER } from './record-batch.js'

const PRODUCE = {
  /** A request to the broker holds at most so many bytes of values, and so many records. */
  maxBytes: 1 << 20,
  maxRecords: 5_000,
  transactionTimeoutMs: 60_000,
} as const

/** The idempotent producer of one log, opened when it is first used. */
export class Producers {
  readonly #kafka: Kafka
  #idempotent: Promise<Producer> | undefined

  constructor(kafka: Kafka) {
    this.#kafka = kafka
  }

  /** Sends in the order given; resolves when the broker has acknowledged all. A rejection leaves open what was written. */
  async send(topic: string, records: readonly ProduceRecord[]): Promise<void> {
    for (const messages of requests(records)) {
      const producer = await this.#open()
      try {
        const written = await producer.send({ topic, acks: -1, messages })
        const missed = messages.find((m) => m.partition !== undefined && !written.some((w) => w.partition === m.partition))
        // The client leaves out, without a word, records for a partition that was added since it last looked.
        if (missed) throw new Error(`topic "${topic}" partition ${missed.partition} is not known to this producer: send again`)
      } catch (error) {
        // Its next request would carry the failed one's sequence numbers, and be taken for its repetition. A producer
        // that gave up once is not used again.
        await this.close()
        throw error
      }
    }
  }

  /** All records in one transaction, with a transactional id of its own. */
  async transaction(topic: string, records: readonly ProduceRecord[], commit: boolean): Promise<void> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: `tandem-${randomUUID()}`,
      transactionTimeout: PRODUCE.transactionTimeoutMs,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    try {
      const transaction = await producer.transaction()
      try {
        for (const messages of requests(records)) await transaction.send({ topic, acks: -1, messages })
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

  async close(): Promise<void> {
    const opened = this.#idempotent
    this.#idempotent = undefined
    if (opened) await (await opened).disconnect()
  }

  #open(): Promise<Producer> {
    this.#idempotent ??= (async () => {
      const producer = this.#kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1, // sequence numbers must arrive in order
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      })
      await producer.connect()
      return producer
    })()
    this.#idempotent.catch(() => {
      this.#idempotent = undefined
    })
    return this.#idempotent
  }
}

/** An empty record: it moves its partition's epoch forward and is never decoded, folded or counted. */
export function tickRecord(partition: number): ProduceRecord {
  return { key: null, value: null, partition, headers: { [TICK_HEADER]: '1' } }
}

function* requests(records: readonly ProduceRecord[]): Generator<Message[]> {
  let messages: Message[] = []
  let bytes = 0
  for (const { key, value, partition, headers } of records) {
    const size = value === null ? 0 : value.length
    if (messages.length > 0 && (bytes + size > PRODUCE.maxBytes || messages.length === PRODUCE.maxRecords)) {
      yield messages
      messages = []
      bytes = 0
    }
    messages.push({
      key,
      value: value === null || typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      ...(partition === undefined ? {} : { partition }),
      ...(headers === undefined ? {} : { headers }),
    })
    bytes += size
  }
  if (messages.length > 0) yield messages
}
