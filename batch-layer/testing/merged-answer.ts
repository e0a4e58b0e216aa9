import type { EncodedCell } from '../../core/cell/cell.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { compileRecordId } from '../../core/decode/record-id.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  hotFilter,
  NO_RELEASES,
  type Prefix,
  prefixOf,
  type Releases,
  recordEpoch,
  releasesOf,
} from '../../core/seam/index.js'
import type { HotState, HotStore } from '../../stores/hot/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { WarmStore } from '../../stores/warm/index.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import type { StreamPlan } from '../stream-plan.js'

/** What a reader gets: the segments in force and the hot cells that the snapshot does not cover. */
export async function mergedAnswer(
  { hot, warm }: { readonly hot: HotStore; readonly warm: WarmStore },
  { keyspace }: StreamPlan,
  view: ViewDefinition,
): Promise<readonly EncodedCell[]> {
  const snapshot = await currentSnapshot(warm, keyspace.stream)
  const lists: (readonly EncodedCell[])[] = []
  for (const segment of snapshot?.segments ?? []) {
    if (segment.viewHash === view.hash) lists.push(await warm.cells(segment.id))
  }
  for (const partition of await hot.partitions(keyspace)) {
    const loaded = await hot.load(keyspace, partition)
    const from = hotFilter(snapshot?.boundary ?? {}, partition)
    const mine = (loaded?.cells ?? []).filter(
      (cell) => cell.view === view.name && cell.resolutionMs === view.windows[0],
    )
    for (const cell of mine) if (cell.epoch >= from) lists.push([cell])
  }
  return mergeEncoded(view, lists)
}

/** Per partition, the end of what an answer counts: whatever reaches further, the snapshot or hot state. */
export async function prefixNow(
  { log, hot, warm }: { readonly log: LogStore; readonly hot: HotStore; readonly warm: WarmStore },
  { stream, keyspace }: StreamPlan,
): Promise<Prefix> {
  const snapshot = await currentSnapshot(warm, stream.name)
  const states = new Map<number, HotState | null>()
  for (const partition of await log.partitions(stream.topic))
    states.set(partition, await hot.state(keyspace, partition))
  return prefixOf(snapshot?.boundary ?? {}, states)
}

/** The same by a recount of what the log delivers: all of it, or a prefix of each partition. */
export async function recount(
  log: LogStore,
  { stream, epochMs }: StreamPlan,
  view: ViewDefinition,
  prefix?: Prefix,
  releases: Releases = NO_RELEASES,
): Promise<readonly EncodedCell[]> {
  const decoder = compileDecoder(stream)
  const idOf = compileRecordId(stream)
  const lists: (readonly EncodedCell[])[] = []
  for (const partition of await log.partitions(stream.topic)) {
    const fold = compileFold(stream, [view], epochMs)
    const { cuts } = releasesOf(releases, partition)
    let epoch = 0
    /** Id → epoch in which it occurred last. */
    const met = new Map<string, number>()
    for await (const batch of log.readRange({
      topic: stream.topic,
      partition,
      from: 0,
      to: prefix?.[partition],
    })) {
      for (const record of batch.records) {
        epoch = recordEpoch(epoch, record, epochMs, cuts)
        if (record.tick) continue
        const decoded = decoder.decode(record.value, record.timeMs)
        const id = decoded.ok ? (idOf?.(decoded.row) ?? null) : null
        const before = id === null ? undefined : met.get(id)
        if (id !== null) met.set(id, epoch)
        if (before !== undefined && before >= epoch - 1) fold.count(epoch, 'duplicate', null)
        else if (decoded.ok) fold.add(decoded.row, epoch)
        else fold.count(epoch, 'rejected', decoded.reason)
      }
    }
    const finest = fold.takeDirty().filter((cell) => cell.resolutionMs === view.windows[0])
    for (const { key, registers } of finest)
      lists.push([{ key, registers: encodeRegisters(view.registers, registers) }])
  }
  return mergeEncoded(view, lists)
}
