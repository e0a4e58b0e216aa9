import type { RejectedRow } from '../../core/seam/import-manifest.js'

/** Input of the workflow `importFile`. */
export interface ImportInput {
  readonly stream: string
  /** Absolute path where the worker runs. */
  readonly path: string
  /** Name of a pipeline's mapping that makes records of CSV rows; absent: the cells are the record. */
  readonly mapping?: string
  /** Why the file may cover days on which the stream has data of its own; null: it must not. */
  readonly overlap: string | null
  readonly reason: string
  readonly searchAttributes: boolean
}

export interface ArchiveFileInput {
  readonly stream: string
  readonly path: string
  readonly mapping?: string
  /** Stands for the broker time of the rows, UTC ms. */
  readonly importedAtMs: number
}

/** What of a file is in the lake. */
export interface ArchivedFile {
  readonly sha256: string
  /** Rows = accepted + rejected + duplicates. */
  readonly rows: number
  readonly accepted: number
  readonly rejected: number
  /** Good rows whose id came earlier in the file. */
  readonly duplicates: number
  /** Rejected rows per reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** The first rejected rows. */
  readonly examples: readonly RejectedRow[]
  /** Files with all rejected rows, relative to the lake's root. */
  readonly rejectedFiles: readonly string[]
  /** First and last event time accepted, UTC ms, both inclusive. */
  readonly events: { readonly fromMs: number; readonly toMs: number } | null
}

/** Result of the workflow `importFile`. */
export interface ImportReport extends ArchivedFile {
  readonly stream: string
  readonly file: string
  /** The file was in force before: this run changed nothing. */
  readonly already: boolean
  /** Hex sha256 over the segments in force of the file: the same again, the same checksum. */
  readonly checksum: string
  readonly snapshot: string
}
