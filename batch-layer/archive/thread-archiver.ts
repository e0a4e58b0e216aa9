import { Worker } from 'node:worker_threads'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { type ArchiveReply, type ArchiveRequest, packSlice } from './archive-protocol.js'
import type { ArchiveThreadData } from './archive-thread.js'
import type { ArchivedRange, Archiver, RangeArchive, RangePlace } from './range-archive.js'

/** Slices of one range handed over and not yet written; more would only fill memory. */
const SLICES_IN_FLIGHT = 4

type Outgoing = ArchiveRequest extends infer R ? (R extends ArchiveRequest ? Omit<R, 'call'> : never) : never

/**
 * Archives in a thread of its own, so that decoding and writing overlap with reading; worth its start from ~100,000
 * records.
 */
export function threadArchiver(lakeRoot: string, stream: StreamDefinition): Archiver {
  const data: ArchiveThreadData = { lakeRoot, stream: structuredClone(stream) }
  const thread = new Worker(entry(), { workerData: data, execArgv: execArgv() })
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>()
  let calls = 0
  let ranges = 0
  let ended: Error | null = null

  thread.on('message', (reply: ArchiveReply) => {
    const call = waiting.get(reply.call)
    waiting.delete(reply.call)
    if (reply.kind === 'done') call?.resolve(reply.result)
    else call?.reject(reply.error)
  })
  thread.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  thread.on('exit', (code) => end(new Error(`archive thread of stream "${stream.name}" ended with code ${code}`)))

  function end(error: Error): void {
    ended ??= error
    for (const call of waiting.values()) call.reject(ended)
    waiting.clear()
  }

  function ask(request: Outgoing, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (ended !== null) return Promise.reject(ended)
    const call = ++calls
    return new Promise((resolve, reject) => {
      waiting.set(call, { resolve, reject })
      thread.postMessage({ ...request, call }, transfer)
    })
  }

  return {
    async open(place: RangePlace): Promise<RangeArchive> {
      const id = ++ranges
      const { stream: _, ...rest } = place
      await ask({ kind: 'open', id, place: rest })
      const inFlight: Promise<unknown>[] = []
      return {
        async append(slice): Promise<void> {
          const packed = packSlice(slice)
          const { offsets, times, epochs, lengths, bytes } = packed
          const transfer = [offsets, times, epochs, lengths, bytes].map((part) => part.buffer)
          const written = ask({ kind: 'append', id, slice: packed }, transfer)
          // the rejection is seen where the promise is awaited, below or in finish
          written.catch(() => undefined)
          inFlight.push(written)
          if (inFlight.length > SLICES_IN_FLIGHT) await inFlight.shift()
        },
        async finish(to): Promise<ArchivedRange> {
          await Promise.all(inFlight)
          return (await ask({ kind: 'finish', id, to })) as ArchivedRange
        },
        async abandon(): Promise<void> {
          await ask({ kind: 'abandon', id })
        },
      }
    },
    async close(): Promise<void> {
      await thread.terminate()
    },
  }
}

/** The thread's file lies beside this one: compiled, or as source where a loader runs the sources (tests). */
function entry(): URL {
  return new URL(fromSource() ? './archive-thread.ts' : './archive-thread.js', import.meta.url)
}

function fromSource(): boolean {
  return import.meta.url.endsWith('.ts')
}

function execArgv(): string[] {
  return fromSource() ? ['--import', 'jiti/register'] : []
}
