import type { LastRecord } from './boundary.js'
import type { EpochCut } from './releases.js'

/** A Parquet file of a sealed epoch. `file` is relative to the lake's root. */
export interface PartFile {
  readonly file: string
  readonly kind: 'records' | 'rejected' | 'duplicates'
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** What seal(E) fixed for one partition: offsets [from, to). */
export interface ManifestPartition {
  readonly partition: number
  readonly from: number
  /** Exclusive; a delivered record of a later epoch lies here, unless `open`. */
  readonly to: number
  /** First epoch not covered by records below `to`. For an open partition as before (0 if never sealed). */
  readonly epoch: number
  /** True where no record of a later epoch was seen: the boundary did not move, from = to. */
  readonly open: boolean
  /** Data records delivered in the range, without ticks: accepted + rejected + duplicates. */
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
  readonly ticks: number
  readonly last: LastRecord | null
  /** Offsets the broker deleted before they were sealed and a person gave up: [from, to) pairs. */
  readonly lost: readonly { readonly from: number; readonly to: number }[]
  readonly files: readonly PartFile[]
}

/** `epochs/<epoch>.json`: written once; its presence means the epoch is sealed. */
export interface EpochManifest {
  readonly version: 1
  readonly stream: string
  readonly streamHash: string
  /** Epoch index: floor(start / epochMs). */
  readonly epoch: number
  readonly epochMs: number
  readonly sealedAtMs: number
  /** Attempt that won; part files carry it in their names. */
  readonly attempt: string
  /** Every cut that was in force when it was sealed. */
  readonly cuts: readonly EpochCut[]
  readonly partitions: readonly ManifestPartition[]
}
