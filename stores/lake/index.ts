/**
 * The lake: sealed epochs as Parquet files with their manifests, read and written by DuckDB.
 * @module
 */
export { ColdFileError } from './cold-file-error.js'
export type { ColdCells, ColdStore } from './cold-port.js'
export type { ImportAggregateInput, ImportPlace, ImportStore, ImportWriter } from './import-port.js'
export type { LakeOptions } from './lake-options.js'
export type { AggregateInput, ArchivedAt, LakeStore, PartPlace, PartWriter, Scratch } from './lake-port.js'
export { openLake } from './lake-store.js'
export { openCold } from './open-cold.js'
export { setAside } from './set-aside.js'
