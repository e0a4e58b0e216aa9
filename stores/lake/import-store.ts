import type { EpochManifest, PartFile } from '../../core/seam/manifest.js'
import { aggregateFiles } from './aggregate-files.js'
import type { DuckDb } from './duckdb.js'
import type { ImportFiles } from './import-files.js'
import type { ImportAggregateInput, ImportStore } from './import-port.js'
import { openImportWriter } from './import-writer.js'
import type { CompiledLakeOptions } from './lake-options.js'
import { readParquetRows } from './read-parquet-rows.js'
import { readRejectedRows } from './read-rejected-rows.js'
import type { Turns } from './turns.js'

export interface ImportStoreDeps {
  readonly duckdb: DuckDb
  readonly options: CompiledLakeOptions
  readonly turns: Turns
  readonly files: ImportFiles
}

/** The lake's imports; opened and closed with it. */
export function openImportStore({ duckdb, options, turns, files }: ImportStoreDeps): ImportStore {
  return {
    open: (place) => openImportWriter(duckdb, options, turns, place),
    seal: (manifest) => files.seal(manifest),
    manifest: (stream, sha256) => files.one(stream, sha256),
    manifests: (stream) => files.all(stream),
    check: (manifest) => files.check(manifest),
    aggregate: async (input) =>
      input.view.ledger
        ? []
        : aggregateFiles(
            duckdb,
            options.root,
            {
              view: input.view,
              stream: input.stream,
              manifests: [asEpoch(input)],
              resolutionMs: input.resolutionMs,
            },
            // a row has no epoch: the time of its import stands for the broker's
            `${input.manifest.importedAtMs}`,
          ),
    rejectedRows: (manifest) => readRejectedRows(duckdb, options.root, manifest),
    readParquet: (path) => readParquetRows(duckdb, path),
  }
}

/** The rows asked for as the files of a sealed epoch would be named: accepted rows have the same columns. */
function asEpoch({ manifest, from, to }: ImportAggregateInput): EpochManifest {
  const files: PartFile[] = manifest.parts
    .filter((part) => part.kind === 'records' && part.from >= from && part.to <= to)
    .map(({ file, kind, rows, bytes, sha256 }) => ({ file, kind, rows, bytes, sha256 }))
  const { stream, streamHash, importedAtMs, attempt, accepted, rejected, duplicates } = manifest
  return {
    version: 1,
    stream,
    streamHash,
    epoch: 0,
    epochMs: 1,
    sealedAtMs: importedAtMs,
    attempt,
    cuts: [],
    partitions: [
      {
        partition: 0,
        from,
        to,
        epoch: 0,
        open: false,
        read: accepted + rejected + duplicates,
        accepted,
        rejected,
        duplicates,
        ticks: 0,
        last: null,
        lost: [],
        files,
      },
    ],
  }
}
