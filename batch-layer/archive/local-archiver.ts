import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { compileRecordId } from '../../core/decode/record-id.js'
import type { Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { KnownIds } from '../../core/seam/index.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { ArchivedRange, Archiver, RangeArchive, RangePlace, RecordSlice } from './range-archive.js'

/** Archives in the calling thread: leanest where few records are to be written. */
export function localArchiver(lake: LakeStore, stream: StreamDefinition): Archiver {
  const decoder = compileDecoder(stream)
  return {
    async open(place: RangePlace): Promise<RangeArchive> {
      const isDuplicate = await duplicatesOf(lake, place)
      const writer = await lake.openPart(place)
      let accepted = 0
      let rejected = 0
      let duplicates = 0
      return {
        append(slice: RecordSlice): Promise<void> {
          const { records, epochs } = slice
          for (let i = 0; i < records.length; i++) {
            const record = records[i]
            const epoch = epochs[i]
            if (record === undefined || epoch === undefined) continue
            const at = { offset: record.offset, timeMs: record.timeMs, epoch }
            const decoded = decoder.decode(record.value, record.timeMs)
            if (!decoded.ok) {
              writer.appendRejected(at, decoded.reason, record.key, record.value)
              rejected++
              continue
            }
            const extras = record.value === null ? null : decoder.extras(record.value)
            if (isDuplicate?.(decoded.row, epoch)) {
              writer.appendDuplicate(at, decoded.row, extras)
              duplicates++
            } else {
              writer.append(at, decoded.row, extras)
              accepted++
            }
          }
          return writer.drain()
        },
        async finish(to: number): Promise<ArchivedRange> {
          const files = await writer.finish(to)
          return { files, accepted, rejected, duplicates }
        },
        abandon: () => writer.abandon(),
      }
    },
    close: () => Promise.resolve(),
  }
}

/** Tells duplicates among a range's decodable records, given in their order; null where the stream has no id. */
async function duplicatesOf(
  lake: LakeStore,
  { stream, epochMs, partition, from, fromEpoch }: RangePlace,
): Promise<((row: Row, epoch: number) => boolean) | null> {
  const idOf = compileRecordId(stream)
  if (idOf === null) return null
  const known = new KnownIds(fromEpoch)
  known.load(fromEpoch - 1, await lake.idsBelow(stream, epochMs, partition, { offset: from, epoch: fromEpoch }))
  return (row, epoch) => {
    const id = idOf(row)
    return id !== null && known.meet(id, epoch) !== null
  }
}
