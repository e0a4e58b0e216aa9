/** What an import's files hold: rows that count, refused ones, and those whose id came earlier in the same file. */
export const IMPORT_PART_KINDS = ['records', 'rejected', 'duplicates'] as const

/** A Parquet file of an import; it holds what became of the rows [from, to) of the imported file. `file` is relative to the lake's root. */
export interface ImportPart {
  readonly file: string
  readonly kind: (typeof IMPORT_PART_KINDS)[number]
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** A row that the stream's decoder refused. */
export interface RejectedRow {
  /** Line of the file where the row begins or, with Parquet, its number counted from 1; a CSV header is line 1. */
  readonly line: number
  readonly reason: string
  readonly field: string | null
  /** The offending value as JSON text, cut to 200 characters. */
  readonly value: string | null
  readonly expected: string
}

/** `imports/<sha256>.json`: written once; its presence means that the file is in the lake. In force is what a snapshot names. */
export interface ImportManifest {
  readonly version: 1
  readonly stream: string
  readonly streamHash: string
  /** Of the file's bytes as they were given, lower-case hex. */
  readonly sha256: string
  /** Name of the file when it was imported, without its folder. */
  readonly name: string
  readonly bytes: number
  /** Mapping that made records of the rows; null: none. */
  readonly mapping: string | null
  /** Stands for the broker time of every row, UTC ms: an event more than 24 h later is refused. */
  readonly importedAtMs: number
  /** Attempt that won; part files carry it in their names. */
  readonly attempt: string
  /** Rows = accepted + rejected + duplicates. */
  readonly rows: number
  readonly accepted: number
  readonly rejected: number
  /** Good rows whose id came earlier in the file. */
  readonly duplicates: number
  /** Rejected rows per reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** The first rejected rows; all of them are in the parts of kind `rejected`. */
  readonly examples: readonly RejectedRow[]
  /** First and last event time of the good rows, UTC ms, both inclusive; null where none was accepted. */
  readonly events: { readonly fromMs: number; readonly toMs: number } | null
  readonly parts: readonly ImportPart[]
}
