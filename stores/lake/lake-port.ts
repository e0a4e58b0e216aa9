import type { EncodedCell } from '../../core/cell/cell.js'
import type { Column, Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { PartitionBoundary } from '../../core/seam/boundary.js'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import type { EpochManifest, PartFile } from '../../core/seam/manifest.js'
import type { ColdStore } from './cold-port.js'
import type { ImportStore } from './import-port.js'

/** Columns that every archived record carries beside its own. */
export interface ArchivedAt {
  readonly offset: number
  /** Broker append time, ms (`_ts`). */
  readonly timeMs: number
  /** The record's epoch (`_epoch`), which may be older than its folder's. */
  readonly epoch: number
}

export interface PartPlace {
  readonly stream: StreamDefinition
  /** Epoch index of the folder. */
  readonly epoch: number
  readonly epochMs: number
  readonly partition: number
  readonly from: number
  /** Of the attempt that writes; part files carry it. */
  readonly attempt: string
}

/** Writes the accepted, rejected and repeated records of one partition's range. Nothing is visible before `finish`. */
export interface PartWriter {
  append(at: ArchivedAt, row: Row, extras: string | null): void
  /** @throws Error where the stream has no id */
  appendDuplicate(at: ArchivedAt, row: Row, extras: string | null): void
  appendRejected(at: ArchivedAt, reason: string, key: Uint8Array | null, value: Uint8Array | null): void
  /** Resolves once no more than about one file's rows wait in memory; call it between batches for back-pressure. */
  drain(): Promise<void>
  /**
   * Renames the temporary files into place: `<stream>/<epoch>/<partition>-<from>-<to>-<attempt>.parquet` (and
   * `….rejected.parquet`, `….duplicates.parquet`). A large part becomes several files of adjoining ranges. Empty files are not written.
   */
  finish(to: number): Promise<readonly PartFile[]>
  /** Removes what was written. */
  abandon(): Promise<void>
}

/** A view's cells from sealed files. */
export interface AggregateInput {
  readonly view: ViewDefinition
  readonly stream: StreamDefinition
  readonly manifests: readonly EpochManifest[]
  /** Window size of the cells, ms: the finest or a multiple. */
  readonly resolutionMs: number
}

/** A database of its own for a recount: rows go in, SQL goes over them; nothing of it is kept. */
export interface Scratch {
  /**
   * Adds rows to a table. Table and columns are created where they are missing, with the lake's SQL types; columns that
   * these rows lack are null.
   */
  loadRows(table: string, columns: readonly Column[], rows: Iterable<Row>): Promise<void>
  /**
   * Adds the rows of sealed files of one kind to a table: columns as in the lake, `_offset`, `_ts`, `_epoch` and
   * `_extra` (or those of rejected files) included, and `_partition` BIGINT.
   */
  loadManifest(
    table: string,
    manifests: readonly EpochManifest[],
    stream: StreamDefinition,
    kind?: PartFile['kind'],
  ): Promise<void>
  /** Adds the accepted rows of imports to a table: columns as in the lake, and `_import` (the file's sha256). */
  loadImports(
    table: string,
    manifests: readonly ImportManifest[],
    stream: StreamDefinition,
    kind?: 'records' | 'duplicates',
  ): Promise<void>
  /** Rows as objects by column name; whole numbers beyond 2^53 − 1 come as bigint, DuckDB's own decimals as numbers. */
  query(sql: string): Promise<readonly unknown[]>
  close(): Promise<void>
}

/** The lake: Parquet files and epoch manifests below one root folder; DuckDB reads and writes them. */
export interface LakeStore {
  readonly root: string
  /** Files that never went through Kafka. */
  readonly imports: ImportStore
  /** Coarse copies of segments, for ever. */
  readonly cold: Omit<ColdStore, 'close'>
  openPart(place: PartPlace): Promise<PartWriter>
  /** Creates `epochs/<epoch>.json` exclusively. Returns the manifest in force: the given one, or the one already there. */
  seal(manifest: EpochManifest): Promise<EpochManifest>
  manifest(stream: string, epoch: number, epochMs: number): Promise<EpochManifest | null>
  /** All manifests of a stream, oldest epoch first. */
  manifests(stream: string): Promise<readonly EpochManifest[]>
  /** The last sealed epoch's manifest. */
  lastManifest(stream: string): Promise<EpochManifest | null>
  /**
   * Ids of the epoch before a boundary's that lie below it: what its first records may repeat (see `compileRecordId`).
   * Empty where that epoch is not sealed or was sealed beyond the boundary, and where the stream has no id.
   */
  idsBelow(
    stream: StreamDefinition,
    epochMs: number,
    partition: number,
    boundary: PartitionBoundary,
  ): Promise<readonly string[]>
  /** First epoch whose raw files are held; 0 where none has expired. Manifests of older epochs stay. */
  rawFrom(stream: string): Promise<number>
  /** Removes the raw files of every epoch before one, after writing down that they go. Returns how many epochs had some. */
  expireRaw(stream: string, epochMs: number, beforeEpoch: number): Promise<number>
  /** Checks every file of a manifest against its size and sha256; throws naming the first that differs or is missing. */
  checkFiles(manifest: EpochManifest): Promise<void>
  /** Cells by the `sql` compiler over the files, by window and then by key. Ledger views count the rows of all kinds of files. */
  aggregate(input: AggregateInput): Promise<readonly EncodedCell[]>
  /** Removes part files that no manifest names and that are older than `olderThanMs`. Returns how many. */
  sweep(stream: string, nowMs: number, olderThanMs: number): Promise<number>
  openScratch(): Promise<Scratch>
  close(): Promise<void>
}
