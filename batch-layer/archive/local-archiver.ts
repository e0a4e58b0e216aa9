import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { LakeStore, PartPlace } from '../../stores/lake/lake-port.js'
import type { ArchivedRange, Archiver, RangeArchive, RecordSlice } from './range-archive.js'

/** Archives in the calling thread: leanest where few records are to be written. */
export function localArchiver(lake: LakeStore, stream: StreamDefinition): Archiver {
  const decoder = compileDecoder(stream)
  return {
    async open(place: PartPlace): Promise<RangeArchive> {
      const writer = await lake.openPart(place)
      let accepted = 0
      let rejected = 0
      return {
        append(slice: RecordSlice): Promise<void> {
          const { records, epochs } = slice
          for (let i = 0; i < records.length; i++) {
            const record = records[i]
            const epoch = epochs[i]
            if (record === undefined || epoch === undefined) continue
            const at = { offset: record.offset, timeMs: record.timeMs, epoch }
            const decoded = decoder.decode(record.value, record.timeMs)
            if (decoded.ok) {
              writer.append(at, decoded.row, record.value === null ? null : decoder.extras(record.value))
              accepted++
            } else {
              writer.appendRejected(at, decoded.reason, record.key, record.value)
              rejected++
            }
          }
          return writer.drain()
        },
        async finish(to: number): Promise<ArchivedRange> {
          const files = await writer.finish(to)
          return { files, accepted, rejected }
        },
        abandon: () => writer.abandon(),
      }
    },
    close: () => Promise.resolve(),
  }
}
