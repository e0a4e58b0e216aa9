import { Kafka, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import { writeBatch } from './batch-writer.js'
import { LostRangeError, openLog } from './index.js'
import type { ConsumeOptions, LogBatch, LogConsumer, LogStore } from './log-port.js'
import { leaderOf, newProducerId, openCluster, produceTo } from './wire.js'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Collects what a consumer is given, and waits for offsets rather than for time. */
class Collected {
  readonly batches: LogBatch[] = []
  #waiting: { until: (batches: readonly LogBatch[]) => boolean; resolve: () => void }[] = []

  readonly add = async (batch: LogBatch): Promise<void> => {
    void batch.records
    this.batches.push(batch)
    this.#waiting = this.#waiting.filter(({ until, resolve }) => !until(this.batches) || resolve())
  }

  reached(partition: number, to: number): Promise<void> {
    return this.until((batches) => batches.some((b) => b.partition === partition && b.to >= to))
  }

  until(until: (batches: readonly LogBatch[]) => boolean): Promise<void> {
    if (until(this.batches)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not reached; got ${this.batches.map((b) => `${b.partition}:${b.from}-${b.to}`)}`)),
        20_000,
      )
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      this.#waiting.push({ until, resolve: done })
    })
  }

  values(partition = 0): string[] {
    return this.of(partition).flatMap((b) => b.records.map((r) => String(r.value)))
  }

  of(partition: number): LogBatch[] {
    return this.batches.filter((b) => b.partition === partition)
  }

  /** [from, to) of everything, if the ranges adjoin. */
  range(partition = 0): [number, number] {
    const ranges = this.of(partition)
    for (const [i, { from }] of ranges.entries()) if (i > 0) expect(from).toBe(ranges[i - 1]?.to)
    return [ranges[0]?.from ?? -1, ranges.at(-1)?.to ?? -1]
  }
}

describe('the log on Kafka', () => {
  let log: LogStore
  let kafka: Kafka
  const consumers: LogConsumer[] = []

  beforeAll(() => {
    log = openLog(testConnections().kafka, { clientId: 'log-test', logger: silent })
    kafka = new Kafka({ brokers: [...testConnections().kafka.brokers], logLevel: 0 })
  })
  afterAll(() => log.close())

  const freshTopic = async (partitions = 1): Promise<string> => {
    const name = uniqueName('log')
    await log.ensureTopic({ name, partitions })
    return name
  }
  const consume = async (topic: string, into: Collected, more: Partial<ConsumeOptions> = {}): Promise<LogConsumer> => {
    const positionOf = async (): Promise<number> => 0
    const consumer = await log.consume({
      topics: [topic],
      group: uniqueName('group'),
      positionOf,
      onBatch: into.add,
      onRevoked: () => undefined,
      ...more,
    })
    consumers.push(consumer)
    return consumer
  }
  /** The marker of a transaction is written after its end was acknowledged. */
  const endsAt = (topic: string, high: number): Promise<void> =>
    expect.poll(async () => (await log.offsets(topic))[0]?.high, { timeout: 10_000 }).toBe(high)
  const records = (...values: string[]) => values.map((value) => ({ key: null, value, partition: 0 }))
  const read = async (topic: string, from: number, to?: number): Promise<Collected> => {
    const collected = new Collected()
    for await (const batch of log.readRange({ topic, partition: 0, from, to })) await collected.add(batch)
    return collected
  }

  it("creates topics with the broker's time, and stamps records with it", async () => {
    const topic = await freshTopic(3)
    await log.ensureTopic({ name: topic, partitions: 3 })
    await log.checkTopic(topic)
    expect(await log.partitions(topic)).toEqual([0, 1, 2])
    await log.addPartitions(topic, 4)
    expect(await log.partitions(topic)).toEqual([0, 1, 2, 3])
    const before = Date.now()
    await log.produce(topic, [{ key: 'k', value: 'v', partition: 0, headers: { h: '1' } }])
    const [record] = (await read(topic, 0)).batches.flatMap((b) => b.records)
    expect(record?.timeMs).toBeGreaterThanOrEqual(before - 1_000)
    expect(record?.timeMs).toBeLessThanOrEqual(Date.now() + 1_000)
    expect([String(record?.key), String(record?.value), record?.tick]).toEqual(['k', 'v', false])
  })

  it('writes each record once, in order, to the partition that its key has for every client', async () => {
    const topic = await freshTopic(5)
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i % 50} 한국어`)
    const partitioner = Partitioners.DefaultPartitioner()
    const partitionMetadata = [0, 1, 2, 3, 4].map((partitionId) => ({ partitionId, leader: 0 }))
    const expected = keys.map((key) =>
      partitioner({ topic, partitionMetadata: partitionMetadata as never, message: { key, value: null } }),
    )
    for (const from of [0, 100, 200])
      await log.produce(
        topic,
        keys.slice(from, from + 100).map((key, i) => ({ key, value: `${from + i}` })),
      )
    for (const partition of [0, 1, 2, 3, 4]) {
      const written: string[] = []
      for await (const batch of log.readRange({ topic, partition, from: 0 }))
        written.push(...batch.records.map((r) => String(r.value)))
      expect(written).toEqual(keys.flatMap((_, i) => (expected[i] === partition ? [`${i}`] : [])))
    }
    await log.produce(
      topic,
      Array.from({ length: 10 }, () => ({ key: null, value: 'x' })),
    )
    const ends = (await log.offsets(topic)).reduce((sum, { high }) => sum + high, 0)
    expect(ends).toBe(310)
  })

  it('has a batch written once when its request is repeated, as after a lost answer', async () => {
    const topic = await freshTopic()
    const cluster = openCluster(testConnections().kafka, 'log-test', silent)
    await cluster.connect()
    await cluster.addMultipleTargetTopics([topic])
    const leader = leaderOf(cluster, topic, 0)
    const id = await newProducerId(cluster, leader)
    for (const sequence of [0, 0, 2, 2, 2]) {
      const batch = writeBatch(records('a', 'b'), { ...id, sequence }, 0)
      const { error } = await produceTo(cluster, leader, { topic, partition: 0, batch, timeoutMs: 5_000 })
      expect([0, 46]).toContain(error)
    }
    await cluster.disconnect()
    expect((await read(topic, 0)).values()).toEqual(['a', 'b', 'a', 'b'])
  })

  it('refuses records that it cannot write, by name, and writes the ones after them', async () => {
    const topic = uniqueName('log')
    await log.ensureTopic({ name: topic, partitions: 1, maxMessageBytes: 10_000 })
    await expect(log.produce(topic, records('x'.repeat(20_000)))).rejects.toThrow(
      "larger than the topic's max.message.bytes",
    )
    await expect(log.produce(topic, [{ key: null, value: 'a', partition: 7 }])).rejects.toThrow(
      `topic "${topic}" has no partition 7`,
    )
    await log.produce(topic, records('a'))
    expect((await read(topic, 0)).values()).toEqual(['a'])
  })

  it("refuses a topic with the producer's time or compaction, with the command that mends it", async () => {
    const admin = kafka.admin()
    await admin.connect()
    const [createTime, compacted] = [uniqueName('create-time'), uniqueName('compacted')]
    await admin.createTopics({
      topics: [
        { topic: createTime, numPartitions: 1 },
        {
          topic: compacted,
          numPartitions: 1,
          configEntries: [
            { name: 'message.timestamp.type', value: 'LogAppendTime' },
            { name: 'cleanup.policy', value: 'compact' },
          ],
        },
      ],
    })
    await admin.disconnect()
    await expect(log.checkTopic(createTime)).rejects.toThrow(
      `--entity-name ${createTime} --alter --add-config message.timestamp.type=LogAppendTime`,
    )
    await expect(log.checkTopic(compacted)).rejects.toThrow(
      `--entity-name ${compacted} --alter --add-config cleanup.policy=delete`,
    )
    // Its records are refused as well, should the setting be changed behind our back.
    await log.produce(createTime, records('x'))
    await expect(read(createTime, 0)).rejects.toThrow(
      `topic "${createTime}" partition 0 holds records with the producer's time`,
    )
    const consumer = await consume(createTime, new Collected())
    await expect(consumer.stopped).rejects.toThrow("the producer's time")
  })

  it('delivers committed records only, and ranges that adjoin over markers and aborted records', async () => {
    const topic = await freshTopic()
    const collected = new Collected()
    const consumer = await consume(topic, collected)
    await log.produce(topic, records('a'))
    await log.produceTransaction(topic, records('no', 'no'), false)
    await log.produceTransaction(topic, records('b'), true)
    await log.produceTransaction(topic, records('no'), false)
    const high = 1 + 3 + 2 + 2
    await endsAt(topic, high)
    await collected.reached(0, high)
    expect(collected.values()).toEqual(['a', 'b'])
    expect(collected.range()).toEqual([0, high])
    await consumer.stop()
    const again = await read(topic, 0, high)
    expect(again.values()).toEqual(['a', 'b'])
    expect(again.range()).toEqual([0, high])
    // From inside of an aborted transaction the answer is the same.
    expect((await read(topic, 2)).values()).toEqual(['b'])
  })

  it('shows aborted transactions of several producers that interleave to nobody', async () => {
    const topic = await freshTopic()
    const producers = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: uniqueName(name) })
        await producer.connect()
        return producer
      }),
    )
    const open = await Promise.all(producers.map((p) => p.transaction()))
    for (const round of [1, 2, 3]) {
      for (const [i, txn] of open.entries())
        await txn.send({ topic, messages: [{ value: `${i}.${round}`, partition: 0 }] })
    }
    await log.produce(topic, records('plain'))
    await open[1]?.commit()
    await open[2]?.abort()
    await open[0]?.abort()
    await Promise.all(producers.map((p) => p.disconnect()))
    await endsAt(topic, 9 + 1 + 3)
    for (const from of [0, 1, 4, 8]) {
      const seen = (await read(topic, from)).values()
      expect(seen).toEqual(['1.1', '1.2', '1.3', 'plain'].slice(from === 0 || from === 1 ? 0 : from === 4 ? 1 : 3))
    }
  })

  it('stops before an open transaction, and goes on when it ends', async () => {
    const topic = await freshTopic()
    await log.produce(topic, records('before'))
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: uniqueName('open') })
    await producer.connect()
    const txn = await producer.transaction()
    await txn.send({ topic, messages: [{ value: 'inside', partition: 0 }] })
    await log.produce(topic, records('after'))
    const collected = new Collected()
    const consumer = await consume(topic, collected)
    await collected.reached(0, 1)
    expect((await read(topic, 0)).range()).toEqual([0, 1])
    expect(collected.values()).toEqual(['before'])
    const bounded = read(topic, 0, 4) // waits for the transaction
    await txn.commit()
    await producer.disconnect()
    await collected.reached(0, 4)
    expect(collected.values()).toEqual(['before', 'inside', 'after'])
    expect((await bounded).values()).toEqual(['before', 'inside', 'after'])
    await consumer.stop()
  })

  it('delivers a tick as one, and nothing twice after it', async () => {
    const topic = await freshTopic()
    await log.produce(topic, records('a'))
    await log.tick(topic, 0)
    const seen = await read(topic, 0)
    expect(seen.batches.flatMap((b) => b.records.map((r) => [r.offset, r.tick, r.value === null]))).toEqual([
      [0, false, false],
      [1, true, true],
    ])
  })

  it('reads bounded ranges to the offset, and an empty one at once', async () => {
    const topic = await freshTopic()
    await log.produce(topic, records(...Array.from({ length: 1_000 }, (_, i) => `v${i}`)))
    const middle = await read(topic, 100, 900)
    expect(middle.range()).toEqual([100, 900])
    expect(middle.values()).toEqual(Array.from({ length: 800 }, (_, i) => `v${i + 100}`))
    expect((await read(topic, 5, 5)).batches).toEqual([])
    expect((await read(topic, 1_000)).batches).toEqual([])
    await expect(read(topic, 1_001)).rejects.toThrow('ends at offset 1000, before 1001')
  })

  it('names what the broker deleted, and never skips it', async () => {
    const topic = await freshTopic()
    await log.produce(topic, records('a', 'b', 'c'))
    await log.deleteRecords(topic, 0, 2)
    expect(await log.offsets(topic)).toEqual([{ partition: 0, low: 2, high: 3 }])
    const failure = await read(topic, 0, 3).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(LostRangeError)
    expect(failure).toMatchObject({ topic, partition: 0, from: 0, to: 2 })
    const lost = new Promise<number>((resolve) => {
      void consume(topic, new Collected(), { onOutOfRange: (_topic, _partition, position) => resolve(position) })
    })
    expect(await lost).toBe(0)
  })

  it('ends a bounded read that waits for records when it is aborted', async () => {
    const topic = await freshTopic()
    const abort = new AbortController()
    const reading = (async () => {
      for await (const batch of log.readRange({ topic, partition: 0, from: 0, to: 10, signal: abort.signal }))
        if (batch.to > 0) abort.abort()
    })()
    await log.produce(topic, records('a'))
    await expect(reading).rejects.toThrow(/abort/)
  })

  it('delivers nothing from before a seek', async () => {
    const topic = await freshTopic()
    const collected = new Collected()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const consumer = await consume(topic, collected, {
      onBatch: async (batch) => {
        await collected.add(batch)
        if (collected.batches.length === 1) await held
      },
    })
    await log.produce(topic, records('a'))
    await collected.reached(0, 1)
    await log.produce(topic, records('b', 'c')) // fetched, and queued behind the batch that is held
    consumer.seek(topic, 0, 2)
    release()
    await collected.reached(0, 3)
    expect(collected.values()).toEqual(['a', 'c'])
    expect(collected.batches[1]?.from).toBe(2)
    await consumer.stop()
  })

  it('pauses and resumes one partition, the other goes on', async () => {
    const topic = await freshTopic(2)
    const collected = new Collected()
    const consumer = await consume(topic, collected)
    await collected.until(() => consumer.assigned().length === 2 || collected.batches.length > 0)
    consumer.pause(topic, 0)
    // One round through the other partition proves that a fetch which did not ask for the paused one has ended.
    await log.produce(topic, [{ key: null, value: 'x', partition: 1 }])
    await collected.reached(1, 1)
    await log.produce(topic, [{ key: null, value: 'y', partition: 0 }])
    await log.produce(topic, [{ key: null, value: 'z', partition: 1 }])
    await collected.reached(1, 2)
    expect(collected.values(0)).toEqual([])
    consumer.resume(topic, 0)
    await collected.reached(0, 1)
    await consumer.stop()
  })

  it('shares the partitions of a group, and takes over those of a member that leaves', async () => {
    const topic = await freshTopic(2)
    const group = uniqueName('group')
    const [first, second] = [new Collected(), new Collected()]
    const revoked: number[] = []
    const one = await consume(topic, first, {
      group,
      onRevoked: (lost) => revoked.push(...lost.map((p) => p.partition)),
    })
    await log.produce(topic, [
      { key: null, value: 'a', partition: 0 },
      { key: null, value: 'a', partition: 1 },
    ])
    await Promise.all([first.reached(0, 1), first.reached(1, 1)])
    const two = await consume(topic, second, { group, positionOf: async () => 1 })
    await log.produce(topic, [
      { key: null, value: 'b', partition: 0 },
      { key: null, value: 'b', partition: 1 },
    ])
    await second.until((batches) => batches.length > 0)
    expect(revoked).toHaveLength(1)
    expect(two.assigned().map((p) => p.partition)).toEqual(revoked)
    await two.stop()
    const lost = revoked[0] as number
    await first.until((batches) => batches.some((b) => b.partition === lost && b.to === 2))
    await one.stop()
    await log.deleteGroup(group)
  })

  it('gives a partition that was added to the group, from its beginning', async () => {
    const topic = await freshTopic(1)
    const collected = new Collected()
    const consumer = await consume(topic, collected)
    await log.produce(topic, records('a'))
    await collected.reached(0, 1)
    await log.addPartitions(topic, 2)
    await log.produce(topic, [{ key: null, value: 'b', partition: 1 }])
    await collected.reached(1, 1)
    expect(collected.values(1)).toEqual(['b'])
    await consumer.stop()
  })

  it('stops loudly when a batch cannot be worked on', async () => {
    const topic = await freshTopic()
    const consumer = await consume(topic, new Collected(), {
      onBatch: async () => {
        throw new Error('no room')
      },
    })
    await log.produce(topic, records('a'))
    await expect(consumer.stopped).rejects.toThrow('no room')
  })
})
