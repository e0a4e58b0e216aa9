import type { PartFile } from '../../core/seam/manifest.js'
import type { PartPlace } from '../../stores/lake/lake-port.js'
import type { LogRecord } from '../../stores/log/log-port.js'

/** Data records (no ticks) of one partition in offset order, each with its epoch; the arrays are aligned. */
export interface RecordSlice {
  readonly records: readonly LogRecord[]
  readonly epochs: readonly number[]
}

/** The range that an archive begins; it ends where `finish` says. */
export interface RangePlace extends PartPlace {
  /** First epoch not covered below `from`: its records may repeat ids of the epoch before. */
  readonly fromEpoch: number
}

/** What became of the records of one range. */
export interface ArchivedRange {
  readonly files: readonly PartFile[]
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
}

/** Decodes and writes the records of one partition's range; nothing is visible in the lake before `finish`. */
export interface RangeArchive {
  /** Resolves when more may come: a bounded number of slices is held. */
  append(slice: RecordSlice): Promise<void>
  /** @param to exclusive end of the range, part of the files' names. */
  finish(to: number): Promise<ArchivedRange>
  /** Removes what was written. */
  abandon(): Promise<void>
}

/** Opens archives; `close` releases what they share (a thread). */
export interface Archiver {
  open(place: RangePlace): Promise<RangeArchive>
  close(): Promise<void>
}
