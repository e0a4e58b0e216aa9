import { Worker } from 'node:worker_threads'
import type { LogBatch, PackedBatch } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { answer, Calls } from './calls.js'
import type { LaneDeps, LaneEvents, LaneHost } from './lane.js'
import type { FromLane, LaneThreadData, ToLane } from './lane-messages.js'
import type { PartitionStatus } from './partition-status.js'

/** Batches of a partition that are on their way to the thread or being folded there: one is folded while the next one waits. */
const IN_FLIGHT = 2

export interface ThreadLaneDeps {
  readonly startOf: LaneDeps['startOf']
  readonly releases: LaneDeps['releases']
  readonly idsBelow: LaneDeps['idsBelow']
  readonly events: LaneEvents
  readonly logger: Logger
  /** The thread ended by itself. */
  readonly onFailed: (error: Error) => void
}

/** Starts a lane in a thread of its own; resolves when it has its connections. */
export async function openThreadLane(
  data: LaneThreadData,
  { startOf, releases, idsBelow, events, logger, onFailed }: ThreadLaneDeps,
): Promise<LaneHost> {
  const worker = spawn(data)
  const calls = new Calls()
  const post = (message: ToLane, transfer: ArrayBuffer[] = []): void => worker.postMessage(message, transfer)
  const inFlight = new Map<string, Promise<void>[]>()
  let closing = false
  const opened = new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      calls.fail(error)
      reject(error)
      if (!closing) onFailed(error)
    }
    worker.on('error', failed)
    worker.on('exit', (code) => failed(new Error(`a lane's thread ended with code ${code}`)))
    worker.on('message', (message: FromLane) => {
      switch (message.kind) {
        case 'ready':
          return resolve()
        case 'answer':
          return calls.settle(message)
        case 'seek':
          return events.onSeek(message.stream, message.partition, message.offset)
        case 'stored':
          return events.onStored(message.stream, message.partition, message.next)
        case 'halted':
          return events.onHalted(message.stream, message.partition, message.reason)
        case 'start-of':
          return answer(message.id, () => startOf(message.stream, message.partition), post)
        case 'releases-of':
          return answer(message.id, () => releases(message.stream), post)
        case 'ids-below':
          return answer(message.id, () => idsBelow(message.stream, message.partition, message.boundary), post)
        case 'log':
          return logger[message.level](message.fields, message.message)
      }
    })
  })
  await opened
  return {
    assign: (stream, partition) => calls.call<number>((id) => post({ kind: 'assign', id, stream, partition })),
    async accept(stream, batch) {
      const name = `${stream}/${batch.partition}`
      const waiting = inFlight.get(name) ?? []
      inFlight.set(name, waiting)
      const packed = ownBytes(batch)
      const folded = calls.call<void>((id) =>
        post({ kind: 'accept', id, stream, batch: packed }, [packed.bytes.buffer as ArrayBuffer]),
      )
      folded.catch(() => undefined) // whoever waits for it hears of it; the last ones nobody may wait for
      waiting.push(folded)
      if (waiting.length >= IN_FLIGHT) await waiting.shift()
    },
    revoke: (stream, partition) => post({ kind: 'revoke', stream, partition }),
    halt: (stream, partition, reason) => post({ kind: 'halt', stream, partition, reason }),
    watch: () => calls.call<readonly PartitionStatus[]>((id) => post({ kind: 'watch', id })),
    async close(withinMs) {
      closing = true
      await calls.call<void>((id) => post({ kind: 'close', id, withinMs }))
      await worker.terminate()
    },
  }
}

/** A batch whose bytes may be handed over: it is a piece of a fetch, which others still read. */
function ownBytes({ packed, topic, partition }: LogBatch): PackedBatch {
  if (packed === undefined)
    throw new Error(
      `topic "${topic}" partition ${partition}: only a log that has its records in bytes can feed a thread`,
    )
  return { ...packed, bytes: new Uint8Array(packed.bytes) }
}

/** From the build the thread is JavaScript; from the sources it needs what compiles them on the way. */
function spawn(workerData: LaneThreadData): Worker {
  const built = import.meta.url.endsWith('.js')
  const entry = new URL(built ? './lane-thread.js' : './lane-thread.ts', import.meta.url)
  // Room for the short-lived: what a batch of records leaves behind is gone before it would be moved to the old generation.
  const resourceLimits = { maxYoungGenerationSizeMb: 96 }
  return new Worker(entry, {
    workerData,
    resourceLimits,
    ...(built ? {} : { execArgv: ['--import', 'jiti/register'] }),
  })
}
