/**
 * The lake: sealed epochs as Parquet files with their manifests, read and written by DuckDB.
 * @module
 */
export type { ImportAggregateInput, ImportPlace, ImportStore, ImportWriter } from './import-port.js'
export type { LakeOptions } from './lake-options.js'
export type { AggregateInput, ArchivedAt, LakeStore, PartPlace, PartWriter, Scratch } from './lake-port.js'
export { openLake } from './lake-store.js'
export { setAside } from './set-aside.js'
