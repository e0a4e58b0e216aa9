import { randomUUID } from 'node:crypto'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { compileRecordId } from '../../core/decode/record-id.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import {
  behindLost,
  KnownIds,
  NO_RELEASES,
  type Releases,
  recordEpoch,
  releasesMark,
  releasesOf,
} from '../../core/seam/index.js'
import type { HotStore } from '../../stores/hot/index.js'
import type { LakeStore } from '../../stores/lake/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { WarmStore } from '../../stores/warm/index.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import type { StreamPlan } from '../stream-plan.js'

/**
 * The speed layer reduced to its meaning: every partition's delivered records, from where hot state ends, in one delta.
 * Without the lake nothing may repeat what hot state has not met.
 */
export async function foldIntoHot(
  {
    log,
    hot,
    warm,
    lake,
  }: { readonly log: LogStore; readonly hot: HotStore; readonly warm: WarmStore; readonly lake?: LakeStore },
  { stream, views, epochMs, keyspace }: StreamPlan,
  releases: Releases = NO_RELEASES,
): Promise<void> {
  const decoder = compileDecoder(stream)
  const idOf = compileRecordId(stream)
  const boundary = (await currentSnapshot(warm, stream.name))?.boundary ?? {}
  for (const partition of await log.partitions(stream.topic)) {
    const { cuts, lost } = releasesOf(releases, partition)
    const mark = releasesMark(releases, partition)
    const state = await hot.open(keyspace, partition, { ...(boundary[partition] ?? { offset: 0, epoch: 0 }), mark })
    const { generation, floor, epoch: from, next: start, since } = state
    const known = new KnownIds(from)
    for (const { epoch, ids } of (await hot.ids(keyspace, partition, state)) ?? []) known.load(epoch, ids)
    const below = { offset: since, epoch: from }
    known.load(from - 1, (await lake?.idsBelow(stream, epochMs, partition, below)) ?? [])
    const fresh = new Map<number, string[]>()
    const loaded = await hot.load(keyspace, partition)
    const fold = compileFold(stream, views, epochMs)
    for (const cell of loaded?.cells ?? []) {
      fold.load(
        cell.view,
        cell.resolutionMs,
        cell.epoch,
        cell.key,
        decodeRegisters(registersOf(views, cell.view), cell.registers),
      )
    }
    let epoch = from
    let next = behindLost(start, lost)
    for await (const batch of log.readRange({ topic: stream.topic, partition, from: behindLost(start, lost) })) {
      for (const record of batch.records) {
        epoch = recordEpoch(epoch, record, epochMs, cuts)
        if (record.tick) continue
        const decoded = decoder.decode(record.value, record.timeMs)
        const id = decoded.ok ? (idOf?.(decoded.row) ?? null) : null
        const before = id === null ? null : known.meet(id, epoch)
        if (id !== null && before !== epoch) fresh.set(epoch, [...(fresh.get(epoch) ?? []), id])
        if (before !== null) fold.count(epoch, 'duplicate', null)
        else if (decoded.ok) fold.add(decoded.row, epoch)
        else fold.count(epoch, 'rejected', decoded.reason)
      }
      next = batch.to
    }
    if (next === start) continue
    const cells = fold.takeDirty().map(({ view, resolutionMs, epoch: of, key, registers }) => ({
      view,
      resolutionMs,
      epoch: of,
      key,
      registers: encodeRegisters(registersOf(views, view), registers),
    }))
    await hot.apply(keyspace, partition, {
      generation,
      from: start,
      to: next,
      floor,
      epoch,
      maxEventTimeMs: null,
      last: null,
      nonce: randomUUID(),
      cells,
      ids: [...fresh].filter(([of]) => of >= epoch - 1).map(([of, ids]) => ({ epoch: of, ids })),
    })
  }
}

function registersOf(views: readonly ViewDefinition[], name: string): ViewDefinition['registers'] {
  const found = views.find((view) => view.name === name)
  if (found === undefined) throw new Error(`hot state has cells of view "${name}", which is not in its view set`)
  return found.registers
}
