import kafkajs from 'kafkajs'
import type { Clock } from '../../core/time/clock.js'
import { sizeBound, writeBatch } from './batch-writer.js'
import type { ProduceRecord } from './log-port.js'
import { PRODUCE_ERRORS, RETRIABLE } from './produce-protocol.js'
import { leaderOf, newProducerId, produceTo, type WireCluster } from './wire.js'

const PRODUCE = {
  /** A batch holds at most so many bytes (a larger record goes alone), and so many records. */
  maxBytes: 512 << 10,
  maxRecords: 10_000,
  timeoutMs: 10_000,
  /** Attempts at one batch go on for so long. */
  giveUpMs: 10_000,
  minDelayMs: 50,
  maxDelayMs: 1_000,
  multiplier: 2,
} as const

/** A producer's identity in one partition; forgotten after a failure, since what was written then is unknown. */
interface Session {
  readonly producerId: bigint
  readonly producerEpoch: number
  sequence: number
}

interface PartitionWriter {
  session: Session | null
  /** Batches of a partition go one after the other, in the order in which they were sent. */
  tail: Promise<void>
}

/**
 * Writes records with acks of all in-sync replicas, each once however often a request is repeated: a batch keeps its
 * sequence number, by which the broker knows it. Partitions are written independently of each other.
 */
export class IdempotentProducer {
  readonly #partitioner = kafkajs.Partitioners.DefaultPartitioner()
  readonly #writers = new Map<string, PartitionWriter>()
  #nextPartition = 0

  constructor(
    private readonly cluster: WireCluster,
    private readonly clock: Clock,
  ) {}

  /** In the order given, per partition; resolves when the broker has acknowledged all. A rejection leaves open what was written. */
  async send(topic: string, records: readonly ProduceRecord[]): Promise<void> {
    const partitions = await this.#partitionsOf(topic, records)
    const byPartition = new Map<number, ProduceRecord[]>()
    for (const record of records) {
      const partition = record.partition ?? this.#choose(topic, record, partitions)
      const own = byPartition.get(partition)
      if (own) own.push(record)
      else byPartition.set(partition, [record])
    }
    await Promise.all([...byPartition].map(([partition, own]) => this.#queue(topic, partition, own)))
  }

  /** By key as every Kafka client does; in turn without one. */
  #choose(topic: string, { key }: ProduceRecord, partitions: readonly number[]): number {
    if (key === null) return partitions[this.#nextPartition++ % partitions.length] as number
    const partitionMetadata = partitions.map((partitionId) => ({ partitionId, leader: 0 }))
    return this.#partitioner({ topic, partitionMetadata: partitionMetadata as never, message: { key, value: null } })
  }

  async #partitionsOf(topic: string, records: readonly ProduceRecord[]): Promise<readonly number[]> {
    return this.#patiently(async () => {
      await this.cluster.addMultipleTargetTopics([topic])
      const known = () => this.cluster.findTopicPartitionMetadata(topic).map((p) => p.partitionId)
      // One that was added since the topic was last looked at is looked for; one that does not exist is refused by name.
      if (records.some(({ partition }) => partition !== undefined && !known().includes(partition)))
        await this.cluster.refreshMetadata()
      const partitions = known().sort((a, b) => a - b)
      if (partitions.length === 0) throw new Error(`topic "${topic}" does not exist`)
      const missing = records.find(({ partition }) => partition !== undefined && !partitions.includes(partition))
      if (missing) throw new RangeError(`topic "${topic}" has no partition ${missing.partition}`)
      return partitions
    })
  }

  #queue(topic: string, partition: number, records: readonly ProduceRecord[]): Promise<void> {
    const name = `${topic}/${partition}`
    const writer = this.#writers.get(name) ?? { session: null, tail: Promise.resolve() }
    this.#writers.set(name, writer)
    const written = writer.tail.then(async () => {
      for (const batch of batches(records)) await this.#write(writer, topic, partition, batch)
    })
    writer.tail = written.catch(() => undefined) // its sender hears of it; the next one begins anew
    return written
  }

  async #write(
    writer: PartitionWriter,
    topic: string,
    partition: number,
    records: readonly ProduceRecord[],
  ): Promise<void> {
    try {
      await this.#patiently(async () => {
        const leader = leaderOf(this.cluster, topic, partition)
        writer.session ??= { ...(await newProducerId(this.cluster, leader)), sequence: 0 }
        const batch = writeBatch(records, writer.session, this.clock.now())
        const { error } = await produceTo(this.cluster, leader, {
          topic,
          partition,
          batch,
          timeoutMs: PRODUCE.timeoutMs,
        })
        if (error === PRODUCE_ERRORS.none || error === PRODUCE_ERRORS.duplicateSequence) return
        const failure = `writing to topic "${topic}" partition ${partition}: Kafka's error ${error}`
        if (error === PRODUCE_ERRORS.messageTooLarge)
          throw new RangeError(`${failure}, a record is larger than the topic's max.message.bytes`)
        if (error === PRODUCE_ERRORS.unknownProducer && writer.session.sequence === 0) writer.session = null
        else if (!RETRIABLE.has(error)) throw new RangeError(failure)
        throw new Error(failure)
      })
    } catch (error) {
      // The next batch would carry this one's sequence numbers, and be taken for its repetition.
      writer.session = null
      throw error
    }
    if (writer.session) writer.session.sequence = (writer.session.sequence + records.length) % 2 ** 31
  }

  /** Repeats while the broker is away or the leader moves, for a while; what is wrong with the request itself is thrown at once. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const giveUpMs = performance.now() + PRODUCE.giveUpMs
    for (
      let delayMs: number = PRODUCE.minDelayMs;
      ;
      delayMs = Math.min(delayMs * PRODUCE.multiplier, PRODUCE.maxDelayMs)
    ) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof RangeError || performance.now() + delayMs > giveUpMs) throw error
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        await this.cluster.refreshMetadata().catch(() => undefined) // the next attempt says what is wrong
      }
    }
  }
}

function* batches(records: readonly ProduceRecord[]): Generator<readonly ProduceRecord[]> {
  let from = 0
  let bytes = 0
  for (let i = 0; i < records.length; i++) {
    const size = sizeBound(records[i] as ProduceRecord)
    if (i > from && (bytes + size > PRODUCE.maxBytes || i - from === PRODUCE.maxRecords)) {
      yield records.slice(from, i)
      from = i
      bytes = 0
    }
    bytes += size
  }
  if (from < records.length) yield records.slice(from)
}
