import { parentPort, workerData } from 'node:worker_threads'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { openLake } from '../../stores/lake/index.js'
import { type ArchiveReply, type ArchiveRequest, unpackSlice } from './archive-protocol.js'
import { localArchiver } from './local-archiver.js'
import type { RangeArchive } from './range-archive.js'

/** What the thread is started with; the stream's definition is plain data. */
export interface ArchiveThreadData {
  readonly lakeRoot: string
  readonly stream: StreamDefinition
}

// Entry of the archive thread: one local archiver behind messages. Requests of one range are served in order.
const MEMORY_BYTES = 384 * 1024 * 1024
const port = parentPort
if (port === null) throw new Error('archive-thread is the entry of a worker thread and cannot run by itself')
const { lakeRoot, stream } = workerData as ArchiveThreadData
const archiver = localArchiver(await openLake(lakeRoot, { memoryBytes: MEMORY_BYTES }), stream)
const ranges = new Map<number, Promise<RangeArchive>>()
const tails = new Map<number, Promise<unknown>>()

port.on('message', (request: ArchiveRequest) => {
  const served = (tails.get(request.id) ?? Promise.resolve()).then(() => serve(request))
  const reply = served.then(
    (result): ArchiveReply => ({ call: request.call, kind: 'done', result }),
    (error: unknown): ArchiveReply => ({ call: request.call, kind: 'failed', error }),
  )
  tails.set(
    request.id,
    reply.then((message) => port.postMessage(message)),
  )
})

async function serve(request: ArchiveRequest): Promise<unknown> {
  if (request.kind === 'open') {
    const opened = archiver.open({ ...request.place, stream })
    ranges.set(request.id, opened)
    await opened
    return null
  }
  const range = await ranges.get(request.id)
  if (range === undefined) throw new Error(`archive thread: range ${request.id} is not open`)
  if (request.kind === 'append') return range.append(unpackSlice(request.slice))
  ranges.delete(request.id)
  return request.kind === 'finish' ? range.finish(request.to) : range.abandon()
}
