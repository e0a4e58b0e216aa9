import { crc32 } from 'node:zlib'
import {
  cutPartition,
  type LastRecord,
  type LostRange,
  lostWithin,
  type ManifestPartition,
} from '../../core/seam/index.js'
import type { LogRecord } from '../../stores/log/log-port.js'
import type { ArchivedRange, RangeArchive } from '../archive/range-archive.js'
import type { BatchRun } from '../batch-deps.js'
import type { PartitionCursor } from './partition-cursor.js'

/** Where one partition stands before an epoch is sealed. */
export interface PartitionStart {
  readonly partition: number
  readonly from: number
  /** First epoch not covered below `from`; 0 where nothing was ever sealed. */
  readonly epoch: number
  /** Fingerprint of the last delivered record below `from`. */
  readonly last: LastRecord | null
}

export interface SealPartitionDeps {
  readonly cursor: PartitionCursor
  readonly openArchive: () => Promise<RangeArchive>
  /** Produces one tick; null where the partition may have none (any more). */
  readonly tick: (() => Promise<void>) | null
  /** Whether a range without data is worth a tick, given the append time of its oldest record. */
  readonly keepAlive: (oldestMs: number) => boolean
  /** What was given up of the partition: the cursor begins behind it. */
  readonly lost: readonly LostRange[]
  readonly run: BatchRun
}

export interface SealedPartition {
  readonly partition: ManifestPartition
  readonly ticked: boolean
  /** Append time of the oldest delivered record that was read, UTC ms; null where none was. */
  readonly oldestMs: number | null
  /** True where the range was read to the end and holds ticks alone, none of them ours. */
  readonly idle: boolean
}

const NOTHING: ArchivedRange = { files: [], accepted: 0, rejected: 0, duplicates: 0 }

/**
 * Archives one partition's records up to the first delivered record of an epoch later than `epoch`. Where there is
 * none, and no tick helps, the partition stays open: nothing of it is in the manifest and its boundary stays where it
 * was.
 */
export async function sealPartition(
  start: PartitionStart,
  epoch: number,
  deps: SealPartitionDeps,
): Promise<SealedPartition> {
  const { cursor, run } = deps
  let archive: RangeArchive | null = null
  let ticked = false
  let read = 0
  let ticks = 0
  let last: LogRecord | null = null
  let oldestMs: number | null = null
  try {
    for (;;) {
      const slice = await cursor.take(epoch)
      if (slice !== null) {
        const data = withoutTicks(slice.records, slice.epochs)
        oldestMs ??= slice.records[0]?.timeMs ?? null
        last = slice.records.at(-1) ?? last
        ticks += slice.records.length - data.records.length
        if (data.records.length > 0) {
          archive ??= await deps.openArchive()
          await archive.append(data)
          read += data.records.length
        }
        run.progress?.({ step: 'archive', partition: start.partition, offset: last?.offset ?? start.from })
        continue
      }
      const cut = cursor.cut
      if (cut !== null) {
        const archived = archive === null ? NOTHING : await archive.finish(cut.offset)
        return { partition: closed(cut.offset, archived), ticked, oldestMs, idle: false }
      }
      if (ticked || deps.tick === null || !(read > 0 || (oldestMs !== null && deps.keepAlive(oldestMs)))) break
      await deps.tick()
      ticked = true
      cursor.resume()
    }
  } catch (error) {
    // what cannot be removed now is named by no manifest and swept later; the first error is the one to tell
    await archive?.abandon().catch(() => undefined)
    throw error
  }
  await archive?.abandon()
  return { partition: openPartition(start), ticked, oldestMs, idle: read === 0 && !ticked }

  function closed(to: number, { files, accepted, rejected, duplicates }: ArchivedRange): ManifestPartition {
    if (accepted + rejected + duplicates !== read) {
      throw new Error(
        `partition ${start.partition} [${start.from}, ${to}): ${read} records read, but ${accepted} accepted, ${rejected} rejected and ${duplicates} duplicates`,
      )
    }
    return {
      partition: start.partition,
      ...cutPartition({ offset: start.from, epoch: start.epoch }, to, epoch),
      read,
      accepted,
      rejected,
      duplicates,
      ticks,
      last: last === null ? start.last : fingerprint(last),
      lost: lostWithin(start.from, to, deps.lost),
      files,
    }
  }
}

/** A partition whose boundary does not move. */
export function openPartition(start: PartitionStart): ManifestPartition {
  return {
    partition: start.partition,
    ...cutPartition({ offset: start.from, epoch: start.epoch }, null, start.epoch),
    read: 0,
    accepted: 0,
    rejected: 0,
    duplicates: 0,
    ticks: 0,
    last: start.last,
    lost: [],
    files: [],
  }
}

function fingerprint(record: LogRecord): LastRecord {
  return { offset: record.offset, timeMs: record.timeMs, crc: record.value === null ? 0 : crc32(record.value) }
}

function withoutTicks(records: readonly LogRecord[], epochs: readonly number[]) {
  if (!records.some((record) => record.tick)) return { records, epochs }
  const kept = records.map((record, i) => ({ record, epoch: epochs[i] as number })).filter(({ record }) => !record.tick)
  return { records: kept.map(({ record }) => record), epochs: kept.map(({ epoch }) => epoch) }
}
