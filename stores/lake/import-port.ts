import type { EncodedCell } from '../../core/cell/cell.js'
import type { Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { ImportManifest, ImportPart, RejectedRow } from '../../core/seam/import-manifest.js'

/** A rejected row of an imported file. */
export interface RejectedImportRow extends RejectedRow {
  /** Its number in the file, from 0. */
  readonly row: number
  /** The record that was made of it, as text. */
  readonly record: string
}

export interface ImportPlace {
  readonly stream: StreamDefinition
  /** Of the imported file. */
  readonly sha256: string
  /** Of the attempt that writes; part files carry it. */
  readonly attempt: string
}

/** Writes the rows of an imported file, in their order. Nothing is visible before `finish`. */
export interface ImportWriter {
  /** @param row its number in the file, from 0 */
  append(row: number, values: Row, extras: string | null): void
  appendRejected(row: number, rejected: RejectedRow, value: Uint8Array): void
  /** Resolves once no more than about one file's rows wait in memory. */
  drain(): Promise<void>
  /** @param rows in the file */
  finish(rows: number): Promise<readonly ImportPart[]>
  /** Removes what was written. */
  abandon(): Promise<void>
}

/** A view's cells from the rows [from, to) of an import, which parts begin and end at. */
export interface ImportAggregateInput {
  readonly view: ViewDefinition
  readonly stream: StreamDefinition
  readonly manifest: ImportManifest
  readonly from: number
  readonly to: number
  readonly resolutionMs: number
}

/** The part of the lake that never went through Kafka: `<stream>/imports/<sha256>.json` and its parts beside it. */
export interface ImportStore {
  open(place: ImportPlace): Promise<ImportWriter>
  /** Creates the manifest exclusively and removes parts of other attempts. Returns the manifest in force. */
  seal(manifest: ImportManifest): Promise<ImportManifest>
  manifest(stream: string, sha256: string): Promise<ImportManifest | null>
  manifests(stream: string): Promise<readonly ImportManifest[]>
  /** Checks every part against its size and sha256; throws naming the first that differs or is missing. */
  check(manifest: ImportManifest): Promise<void>
  /** Cells by the `sql` compiler, by window and then by key; none for a ledger, which counts what went through Kafka. */
  aggregate(input: ImportAggregateInput): Promise<readonly EncodedCell[]>
  /** The rows that an import refused, in the order of the file. */
  rejectedRows(manifest: ImportManifest): AsyncIterable<RejectedImportRow>
  /** Rows of any Parquet file as JSON texts, in file order and bounded memory; instants with a zone as ISO 8601 in UTC. */
  readParquet(path: string): AsyncIterable<readonly string[]>
}
