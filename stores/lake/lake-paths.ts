import type { PartFile } from '../../core/seam/manifest.js'
import type { Segment } from '../../core/seam/segment.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import type { ImportPlace } from './import-port.js'
import type { PartPlace } from './lake-port.js'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Names become folders and file names, so they may hold nothing that means something in a path. */
function checkName(kind: string, name: string): string {
  if (!NAME.test(name)) {
    throw new Error(`${kind} "${name}" cannot be a file name: use letters, digits, ".", "_" and "-"`)
  }
  return name
}

/** `<stream>`, relative to the root as all paths here. */
export function streamFolder(stream: string): string {
  return checkName('stream', stream)
}

/** `<stream>/epochs`. */
export function manifestFolder(stream: string): string {
  return `${streamFolder(stream)}/epochs`
}

/** `<stream>/epochs/<epoch start>.json`. */
export function manifestFile(stream: string, epoch: number, epochMs: number): string {
  return `${manifestFolder(stream)}/${epochStartText(epoch, epochMs)}.json`
}

/** `<stream>/<epoch start>`. */
export function partFolder(place: Pick<PartPlace, 'stream' | 'epoch' | 'epochMs'>): string {
  return `${streamFolder(place.stream.name)}/${epochStartText(place.epoch, place.epochMs)}`
}

/** `<stream>/<epoch start>/<partition>-<from>-<to>-<attempt>.parquet`, or `.rejected.parquet`, or `.duplicates.parquet`. */
export function partFile(place: PartPlace, kind: PartFile['kind'], from: number, to: number): string {
  const ending = kind === 'records' ? 'parquet' : `${kind}.parquet`
  return `${partFolder(place)}/${place.partition}-${from}-${to}-${checkName('attempt', place.attempt)}.${ending}`
}

/** `<stream>/imports`. */
export function importsFolder(stream: string): string {
  return `${streamFolder(stream)}/imports`
}

/** `<stream>/imports/<sha256>.json`. */
export function importManifestFile(stream: string, sha256: string): string {
  return `${importsFolder(stream)}/${checkName('import', sha256)}.json`
}

/** `<stream>/imports/<sha256>`. */
export function importFolder(stream: string, sha256: string): string {
  return `${importsFolder(stream)}/${checkName('import', sha256)}`
}

/** `<stream>/imports/<sha256>/<from>-<to>-<attempt>.parquet`, or `.rejected.parquet`, or `.duplicates.parquet`. */
export function importPartFile(place: ImportPlace, kind: PartFile['kind'], from: number, to: number): string {
  const ending = kind === 'records' ? 'parquet' : `${kind}.parquet`
  return `${importFolder(place.stream.name, place.sha256)}/${from}-${to}-${checkName('attempt', place.attempt)}.${ending}`
}

/** Name of the n-th file of an import while it is written. */
export function importTemporaryFile(place: ImportPlace, kind: PartFile['kind'], n: number): string {
  return `${importFolder(place.stream.name, place.sha256)}/.${checkName('attempt', place.attempt)}.${kind}.${n}.tmp`
}

/** Name of the n-th file of a part while it is written; the dot keeps it out of patterns. */
export function temporaryFile(place: PartPlace, kind: PartFile['kind'], n: number): string {
  return `${partFolder(place)}/.${place.partition}-${place.from}-${checkName('attempt', place.attempt)}.${kind}.${n}.tmp`
}

/** `<stream>/cold`. */
export function coldFolder(stream: string): string {
  return `${streamFolder(stream)}/cold`
}

/** `<stream>/cold/<view>/<segment>.<first 16 digits of its checksum>.parquet`. */
export function coldFile({ stream, view, id, checksum }: Pick<Segment, 'stream' | 'view' | 'id' | 'checksum'>): string {
  return `${coldFolder(stream)}/${checkName('view', view)}/${checkName('segment', id)}.${checksum.slice(0, 16)}.parquet`
}
