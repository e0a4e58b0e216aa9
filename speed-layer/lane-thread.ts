import { parentPort, workerData } from 'node:worker_threads'
import type { PartitionBoundary } from '../core/seam/boundary.js'
import type { Releases } from '../core/seam/index.js'
import { openHot } from '../stores/hot/index.js'
import { openLog, unpack } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { systemClock } from '../stores/system-clock.js'
import { answer, Calls } from './calls.js'
import { openLane } from './lane.js'
import type { FromLane, LaneThreadData, ToLane } from './lane-messages.js'
import { patiently } from './patiently.js'

/** A lane in a thread of its own: the same as in process, behind messages, with connections of its own to Redis and (for dead letters) Kafka. */
async function main(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('lane-thread is started as a thread')
  const { plans, connections } = workerData as LaneThreadData
  const post = (message: FromLane): void => port.postMessage(message)
  const logger = posting(post)
  const calls = new Calls()
  const hot = await patiently(() => openHot(connections.redis), {
    onWait: (reason) => logger.warn({ reason }, 'waiting'),
    abandoned: () => false, // the thread is ended from outside
  })
  const log = openLog(connections.kafka, { clientId: 'tandem-speed-dead-letters', logger })
  const lane = openLane(plans, {
    hot,
    startOf: (stream, partition) =>
      calls.call<PartitionBoundary>((id) => post({ kind: 'start-of', id, stream, partition })),
    releases: (stream) => calls.call<Releases>((id) => post({ kind: 'releases-of', id, stream })),
    idsBelow: (stream, partition, boundary) =>
      calls.call<readonly string[]>((id) => post({ kind: 'ids-below', id, stream, partition, boundary })),
    produce: (topic, records) => log.produce(topic, records),
    clock: systemClock,
    logger,
    events: {
      onSeek: (stream, partition, offset) => post({ kind: 'seek', stream, partition, offset }),
      onStored: (stream, partition, next) => post({ kind: 'stored', stream, partition, next }),
      onHalted: (stream, partition, reason) => post({ kind: 'halted', stream, partition, reason }),
    },
  })
  /** Batches of one partition are folded one after the other, also where one has to wait for Redis. */
  const tails = new Map<string, Promise<void>>()
  port.on('message', (message: ToLane) => {
    switch (message.kind) {
      case 'assign':
        return answer(message.id, () => lane.assign(message.stream, message.partition), post)
      case 'accept': {
        const { id, stream, batch } = message
        const name = `${stream}/${batch.partition}`
        const fold = () => answer(id, () => lane.accept(stream, unpack(batch)), post)
        const tail = (tails.get(name) ?? Promise.resolve()).then(fold)
        tails.set(name, tail)
        return
      }
      case 'revoke':
        return lane.revoke(message.stream, message.partition)
      case 'halt':
        return lane.halt(message.stream, message.partition, message.reason)
      case 'watch':
        return answer(message.id, () => lane.watch(), post)
      case 'close':
        return answer(
          message.id,
          async () => {
            await lane.close(message.withinMs)
            await Promise.allSettled([hot.close(), log.close()])
          },
          post,
        )
      case 'answer':
        return calls.settle(message)
    }
  })
  post({ kind: 'ready' })
}

function posting(post: (message: FromLane) => void): Logger {
  const at = (level: 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) => {
    // Only plain data crosses threads.
    post({ kind: 'log', level, fields: JSON.parse(JSON.stringify(fields)), message })
  }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

await main()
