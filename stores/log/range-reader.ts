import { FETCH_ERRORS, type FetchAnswer } from './fetch-protocol.js'
import { FETCH } from './fetcher.js'
import { type LogBatch, LostRangeError, type ReadRangeOptions } from './log-port.js'
import { packFetched, unpack } from './packed-batch.js'
import { fetchFrom, leaderOf, type WireCluster } from './wire.js'

const READ = {
  /** One partition alone: large fetches save round trips, and two of them are in memory at most. */
  maxBytes: 4 << 20,
  /** While an open transaction holds the end back, ask again so often. */
  maxWaitMs: 200,
} as const

/**
 * Reads offsets [from, to) of one partition and ends by position: hidden offsets at the end of the range count as
 * passed. It belongs to no group. The next fetch is under way while the caller works on a batch.
 * @throws LostRangeError where the log begins after `from`, also when it was cut while reading.
 */
export async function* readRange(
  options: ReadRangeOptions,
  open: () => Promise<WireCluster>,
): AsyncGenerator<LogBatch> {
  const { topic, partition, from, signal } = options
  signal?.throwIfAborted()
  const cluster = await open()
  try {
    await cluster.addMultipleTargetTopics([topic])
    const fetch = (offset: number, maxWaitMs: number): Promise<FetchAnswer> => {
      const answer = fetchPatiently(cluster, { topic, partition, offset, maxWaitMs, signal })
      answer.catch(() => undefined) // one that was asked for ahead may never be awaited
      return answer
    }
    let to = options.to
    let position = from
    if (to !== undefined && from >= to) return
    // Without `to` the end is the last stable offset as of now: the first answer must not wait for records to come.
    let ahead = fetch(position, to === undefined ? 0 : READ.maxWaitMs)
    while (to === undefined || position < to) {
      const answer = await ahead
      signal?.throwIfAborted()
      if (answer.error === FETCH_ERRORS.offsetOutOfRange) await refuse(cluster, topic, partition, position, to)
      to ??= answer.lastStableOffset
      const packed = packFetched(answer, position, to)
      position = packed === null ? position : packed.to
      if (position < to) ahead = fetch(position, READ.maxWaitMs)
      if (packed !== null) yield unpack(packed)
    }
  } finally {
    await cluster.disconnect()
  }
}

/** Repeats while the broker is away or the leader moves, up to the same limit as a consumer. */
async function fetchPatiently(
  cluster: WireCluster,
  {
    topic,
    partition,
    offset,
    maxWaitMs,
    signal,
  }: { topic: string; partition: number; offset: number; maxWaitMs: number; signal: AbortSignal | undefined },
): Promise<FetchAnswer> {
  const partitions = [{ topic, partition, offset, maxBytes: READ.maxBytes }]
  const giveUpMs = performance.now() + FETCH.giveUpMs
  for (let delayMs: number = FETCH.minDelayMs; ; delayMs = Math.min(delayMs * FETCH.multiplier, FETCH.maxDelayMs)) {
    try {
      await cluster.refreshMetadataIfNecessary()
      const [answer] = await fetchFrom(cluster, leaderOf(cluster, topic, partition), {
        maxWaitMs,
        maxBytes: READ.maxBytes,
        partitions,
      })
      if (answer?.error === FETCH_ERRORS.none || answer?.error === FETCH_ERRORS.offsetOutOfRange) return answer
      throw new Error(`fetching topic "${topic}" partition ${partition}: Kafka's error ${answer?.error}`)
    } catch (error) {
      if (signal?.aborted || performance.now() > giveUpMs) throw error
      await delay(delayMs, signal)
      await cluster.refreshMetadata().catch(() => undefined) // the next fetch says what is wrong
    }
  }
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

async function refuse(
  cluster: WireCluster,
  topic: string,
  partition: number,
  position: number,
  to: number | undefined,
): Promise<never> {
  const low = await boundOf(cluster, topic, partition, true)
  const high = await boundOf(cluster, topic, partition, false)
  if (position < low) throw new LostRangeError(topic, partition, position, to === undefined ? low : Math.min(low, to))
  throw new Error(
    `topic "${topic}" partition ${partition} ends at offset ${high}, before ${position}: it was truncated or recreated`,
  )
}

async function boundOf(
  cluster: WireCluster,
  topic: string,
  partition: number,
  fromBeginning: boolean,
): Promise<number> {
  const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }])
  return Number(found?.partitions[0]?.offset)
}
