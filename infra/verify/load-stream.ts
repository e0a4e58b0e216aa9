import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { Column, Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { behindLost, type Releases, recordEpoch, releasesOf } from '../../core/seam/index.js'
import type { LakeStore, Scratch } from '../../stores/lake/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import { recountDuplicates } from './recount-duplicates.js'

/** Per partition, the first offset that no answer counts. */
export type Prefix = Readonly<Record<number, number>>

export interface LoadedStream {
  /** Table of the accepted rows: the stream's columns and `_partition`, `_offset`, `_epoch`. */
  readonly accepted: string
  /** Table of the rejected records: `_partition`, `_offset`, `_epoch`, `_reason`. */
  readonly rejected: string
  /** Table of the duplicates, with the columns of the accepted rows; null where the stream has no id. */
  readonly duplicates: string | null
  readonly epochMs: number
  /** When each imported file was, UTC ms, by its sha256. */
  readonly importedAtMs: ReadonlyMap<string, number>
  /** Start of the first epoch whose raw files are held, UTC ms; null where none has expired. */
  readonly rawFromMs: number | null
  /** Manifest entries whose counts do not add up, named. */
  readonly unbalanced: readonly string[]
}

const PLACE: readonly Column[] = [
  { name: '_partition', type: { kind: 'integer' }, path: [] },
  { name: '_offset', type: { kind: 'integer' }, path: [] },
  { name: '_epoch', type: { kind: 'integer' }, path: [] },
]
const REASON: Column = { name: '_reason', type: { kind: 'text' }, path: [] }

/**
 * Brings every record below the prefix into DuckDB: from the lake where its epoch is sealed, from the topic beyond, through
 * the one decoder.
 */
export async function loadStream(
  { lake, log, scratch }: { lake: LakeStore; log: LogStore; scratch: Scratch },
  stream: StreamDefinition,
  epochMs: number,
  prefix: Prefix,
  releases: Releases,
): Promise<LoadedStream> {
  const accepted = stream.name
  const rejected = `${stream.name}.rejected`
  const duplicates = stream.id === null ? null : `${stream.name}.duplicates`
  const rawFrom = await lake.rawFrom(stream.name)
  const sealed = await lake.manifests(stream.name)
  const manifests = sealed.filter(({ epoch }) => epoch >= rawFrom)
  await scratch.loadManifest(accepted, manifests, stream, 'records')
  if (duplicates !== null) await scratch.loadManifest(duplicates, manifests, stream, 'duplicates')
  await scratch.loadManifest(rejected, manifests, stream, 'rejected')
  const sealedTo = new Map<number, { readonly offset: number; readonly epoch: number }>()
  const unbalanced: string[] = []
  for (const manifest of sealed)
    for (const part of manifest.partitions) {
      sealedTo.set(part.partition, { offset: part.to, epoch: part.epoch })
      if (part.read !== part.accepted + part.rejected + part.duplicates)
        unbalanced.push(`${stream.name} epoch ${manifest.epoch} partition ${part.partition}: read ${part.read}`)
    }
  const decoder = compileDecoder(stream)
  for (const [text, to] of Object.entries(prefix)) {
    const partition = Number(text)
    const { cuts, lost } = releasesOf(releases, partition)
    const until = sealedTo.get(partition)
    const from = behindLost(until?.offset ?? (await earliest(log, stream.topic, partition)), lost)
    if (from >= to) continue
    let epoch = until?.epoch ?? Number.NEGATIVE_INFINITY
    for await (const batch of log.readRange({ topic: stream.topic, partition, from, to })) {
      const rows: Row[] = []
      const refused: Row[] = []
      for (const record of batch.records) {
        if (record.offset >= to) break
        epoch = recordEpoch(epoch, record, epochMs, cuts)
        if (record.tick) continue
        const place = { _partition: partition, _offset: record.offset, _epoch: epoch }
        const decoded = decoder.decode(record.value, record.timeMs)
        if (decoded.ok) rows.push({ ...decoded.row, ...place })
        else refused.push({ ...place, _reason: decoded.reason })
      }
      await scratch.loadRows(accepted, [...stream.columns, ...PLACE], rows)
      await scratch.loadRows(rejected, [...PLACE, REASON], refused)
    }
  }
  if (duplicates !== null) await recountDuplicates(scratch, stream, { accepted, duplicates }, manifests)
  const imports = await lake.imports.manifests(stream.name)
  return {
    ...{ accepted, rejected, duplicates, epochMs, unbalanced },
    importedAtMs: new Map(imports.map(({ sha256, importedAtMs }) => [sha256, importedAtMs])),
    rawFromMs: rawFrom === 0 ? null : rawFrom * epochMs,
  }
}

async function earliest(log: LogStore, topic: string, partition: number): Promise<number> {
  const found = (await log.offsets(topic)).find((offsets) => offsets.partition === partition)
  return found?.low ?? 0
}
