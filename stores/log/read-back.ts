import type { ReadBackRecord } from '../../core/seam/continuity.js'
import { crc32 } from './crc32.js'
import { readRange } from './range-reader.js'
import type { WireCluster } from './wire.js'

/** The delivered record at an offset that the log has; `none` where it is hidden. */
export async function readBack(
  { topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: number },
  open: () => Promise<WireCluster>,
): Promise<ReadBackRecord> {
  for await (const { records } of readRange({ topic, partition, from: offset, to: offset + 1 }, open)) {
    const record = records.find((one) => one.offset === offset)
    if (record !== undefined) return { offset, timeMs: record.timeMs, crc: crc32(record.value) }
  }
  return 'none'
}
