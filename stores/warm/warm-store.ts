import type { AnyBulkWriteOperation, Collection } from 'mongodb'
import type { EncodedCell } from '../../core/cell/cell.js'
import type { ColdCopy, SegmentTiers } from '../../core/seam/cold-copy.js'
import type { RestatementProgress } from '../../core/seam/restatement-progress.js'
import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import { validateSnapshot } from '../../core/seam/validate-snapshot.js'
import type { MongoConnection } from '../connections.js'
import { BucketDocuments } from './bucket-documents.js'
import { bucketsOf, checkDays, dayOfBucket } from './cell-buckets.js'
import {
  heldSnapshot,
  ledgerEntry,
  parityResult,
  parseDocument,
  pointer as pointerDocument,
  segment as segmentDocument,
  streamSettings,
} from './documents.js'
import { connectMongo, type MongoDatabase } from './mongo-connection.js'
import { RecentMap } from './recent-map.js'
import { TierDocuments } from './segment-tiers.js'
import { SnapshotDocuments } from './snapshot-documents.js'
import { ViewSetDocuments } from './view-set-documents.js'
import { compileWarmOptions, type WarmOptions } from './warm-options.js'
import {
  type HeldSnapshot,
  type LedgerEntry,
  type ParityResult,
  type Pointer,
  SnapshotConflictError,
  type StoredViewSet,
  type StreamSettings,
  type WarmStore,
} from './warm-port.js'
import { type Doc, ignoreDuplicates, insertOnce } from './write-once.js'

/** Buckets written in one request; at most as many MB. */
const BUCKETS_AT_ONCE = 16
const ALL_DAYS = { fromDay: 0, toDay: 99_999_999 }

/** @throws WarmUnavailableError where MongoDB does not answer after the options' attempts */
export async function openWarm(connection: MongoConnection, options: WarmOptions = {}): Promise<WarmStore> {
  const mongo = await connectMongo(connection, compileWarmOptions(options))
  try {
    await mongo.run(async (db) => {
      await db.collection('parity').createIndex({ stream: 1, comparedAtMs: -1 })
      await db.collection('parity').createIndex({ comparedAtMs: -1 })
      await db.collection('ledger').createIndex({ stream: 1, epoch: -1 })
      await db.collection('ledger').createIndex({ epoch: -1 })
    })
    return new MongoWarmStore(mongo)
  } catch (failure) {
    await mongo.close()
    throw failure
  }
}

/**
 * Collections: `stream_settings`, `view_sets` (definitions), `restatements`, `held` (snapshots that wait for a person), `segments` (descriptors), `buckets` (their cells),
 * `segment_tiers` (where else they lie), `segment_blocks` and `snapshots`
 * (each a list of blocks), `pointers`, `parity`, `ledger`. A document may have 16 MB: a snapshot so has room for some
 * 400,000 blocks, that is more than ten million segments.
 */
class MongoWarmStore implements WarmStore {
  /** Descriptors never change once written. */
  readonly #segments = new RecentMap<string, Segment>(50_000)
  readonly #snapshots: SnapshotDocuments
  readonly #tiers: TierDocuments
  readonly #buckets: BucketDocuments
  readonly #viewSets: ViewSetDocuments

  constructor(private readonly mongo: MongoDatabase) {
    this.#tiers = new TierDocuments(mongo)
    this.#buckets = new BucketDocuments(mongo)
    this.#viewSets = new ViewSetDocuments(mongo)
    this.#snapshots = new SnapshotDocuments(mongo, (segment) => this.#segments.set(segment.id, segment))
  }

  async registerStream(settings: StreamSettings): Promise<StreamSettings> {
    const { stream } = settings
    return this.mongo.run(async () => {
      const collection = this.#collection('stream_settings')
      await insertOnce(collection, { _id: stream, ...settings })
      return parseDocument('stream_settings', streamSettings, await collection.findOne({ _id: stream }))
    })
  }

  async streams(): Promise<readonly StreamSettings[]> {
    return this.#list('stream_settings', streamSettings, {}, { _id: 1 }, 0)
  }

  async putSegment(segment: Segment, cells: readonly EncodedCell[], elsewhere?: Promise<unknown>): Promise<Segment> {
    // both settle before a failure is told, so that nothing goes on behind the caller's back
    const [buckets, others] = await Promise.allSettled([this.#putBuckets(segment, cells), elsewhere])
    if (buckets.status === 'rejected') throw buckets.reason
    if (others.status === 'rejected') throw others.reason
    if (buckets.value !== null) return buckets.value
    return this.mongo.run(async () => {
      // Last, so that a descriptor always has its cells. The bucket ids carry the checksum: of two attempts that differ
      // in the last bits of a real, the first descriptor wins and is answered from its own buckets.
      await insertOnce(this.#collection('segments'), { _id: segment.id, ...segment })
      const inForce = await this.segment(segment.id)
      if (inForce === null)
        throw new Error(`segment ${segment.id} was written to MongoDB at ${this.mongo.address} and is gone`)
      return inForce
    })
  }

  /** @returns the descriptor in force where it has other cells: then none are written */
  async #putBuckets(segment: Segment, cells: readonly EncodedCell[]): Promise<Segment | null> {
    const stored = await this.segment(segment.id)
    // The same cells are written again: that repairs a bucket that was lost.
    if (stored !== null && stored.checksum !== segment.checksum) return stored
    const all = bucketsOf(segment, cells)
    checkDays(segment, all)
    // what retention removed stays away
    const warmFrom = stored === null ? 0 : ((await this.tiers([segment])).get(segment.id)?.warmFrom ?? 0)
    const buckets = all.filter(({ _id }) => dayOfBucket(_id) >= warmFrom)
    await this.mongo.run(async () => {
      for (let i = 0; i < buckets.length; i += BUCKETS_AT_ONCE) {
        const operations = buckets.slice(i, i + BUCKETS_AT_ONCE).map(
          (bucket): AnyBulkWriteOperation<Doc> => ({
            replaceOne: { filter: { _id: bucket._id }, replacement: { ...bucket }, upsert: true },
          }),
        )
        await this.#collection('buckets').bulkWrite(operations, { ordered: false })
      }
    })
    return null
  }

  /** Always asked for: whoever goes by a segment's being there must not go by what retention has removed. */
  async segment(id: string): Promise<Segment | null> {
    const document = await this.mongo.run(() => this.#collection('segments').findOne({ _id: id }))
    if (document === null) return null
    const segment = parseDocument('segments', segmentDocument, document)
    this.#segments.set(id, segment)
    return segment
  }

  async cells(segmentId: string, days: { fromDay: number; toDay: number } = ALL_DAYS): Promise<readonly EncodedCell[]> {
    const segment = this.#segments.get(segmentId) ?? (await this.segment(segmentId))
    if (segment === null) throw new Error(`segment ${segmentId} is not in MongoDB at ${this.mongo.address}`)
    const wanted = segment.days.filter((day) => day >= days.fromDay && day <= days.toDay)
    if (wanted.length === 0) return []
    const lists = await this.#buckets.cellsOf(wanted.map((day) => ({ segment, day })))
    return lists.flat()
  }

  async cellsOfDay(segments: readonly Segment[], day: number): Promise<readonly (readonly EncodedCell[])[]> {
    const wanted = segments.filter(({ days }) => days.includes(day))
    const lists = await this.#buckets.cellsOf(wanted.map((segment) => ({ segment, day })))
    const found = new Map(wanted.map(({ id }, i) => [id, lists[i]]))
    return segments.map(({ id }) => found.get(id) ?? [])
  }

  tiers(segments: readonly Pick<Segment, 'id' | 'checksum'>[]): Promise<ReadonlyMap<string, SegmentTiers>> {
    return this.#tiers.of(segments)
  }

  putCold(segment: Pick<Segment, 'id' | 'checksum'>, cold: ColdCopy): Promise<SegmentTiers> {
    return this.#tiers.put(segment, cold)
  }

  dropDays(segment: Segment, beforeDay: number): Promise<void> {
    return this.#tiers.dropDays(segment, beforeDay)
  }

  async pointer(stream: string): Promise<Pointer | null> {
    const document = await this.mongo.run(() => this.#collection('pointers').findOne({ _id: stream }))
    return document === null ? null : parseDocument('pointers', pointerDocument, document)
  }

  snapshot(id: string): Promise<Snapshot | null> {
    return this.#snapshots.one(id)
  }

  async snapshots(stream: string, limit: number): Promise<readonly Snapshot[]> {
    const inForce = await this.pointer(stream)
    const snapshots: Snapshot[] = []
    // Each names the one before it, and only these were in force: one that lost its compare-and-set is in no chain.
    let id = inForce?.snapshot ?? null
    while (id !== null && snapshots.length < limit) {
      const snapshot: Snapshot | null = await this.snapshot(id)
      if (snapshot === null) break
      snapshots.push(snapshot)
      id = snapshot.base
    }
    return snapshots
  }

  async publish(snapshot: Snapshot): Promise<void> {
    const { id, stream, sequence } = snapshot
    const inForce = await this.pointer(stream)
    if (inForce !== null && (await this.#snapshots.leadsTo(inForce, snapshot))) return
    if ((inForce?.snapshot ?? null) !== snapshot.base) {
      throw new SnapshotConflictError(stream, snapshot.base, inForce?.snapshot ?? null)
    }
    const base = inForce === null ? null : await this.snapshot(inForce.snapshot)
    if (inForce !== null && base === null) {
      throw new Error(
        `stream "${stream}": snapshot ${inForce.snapshot} is in force, but not in MongoDB at ${this.mongo.address}`,
      )
    }
    validateSnapshot(base, snapshot)
    await this.#snapshots.put(snapshot)
    // Snapshots never change, so what was validated above is what this condition compares.
    const moved = await this.mongo.run(async () => {
      const pointers = this.#collection('pointers')
      if (inForce === null) return insertOnce(pointers, { _id: stream, stream, snapshot: id, sequence })
      const { matchedCount } = await pointers.updateOne(
        { _id: stream, snapshot: inForce.snapshot, sequence: inForce.sequence },
        { $set: { snapshot: id, sequence } },
      )
      return matchedCount === 1
    })
    if (moved) return
    const current = await this.pointer(stream)
    // The driver repeats a write whose reply was lost; the repetition finds the pointer where the first one moved it.
    if (current !== null && (await this.#snapshots.leadsTo(current, snapshot))) return
    throw new SnapshotConflictError(stream, snapshot.base, current?.snapshot ?? null)
  }

  async putHeld(held: HeldSnapshot): Promise<HeldSnapshot> {
    const document = heldSnapshot.parse(held)
    return this.mongo.run(async () => {
      await insertOnce(this.#collection('held'), { _id: held.id, ...document })
      return parseDocument('held', heldSnapshot, await this.#collection('held').findOne({ _id: held.id }))
    })
  }

  async held(id: string): Promise<HeldSnapshot | null> {
    const document = await this.mongo.run(() => this.#collection('held').findOne({ _id: id }))
    return document === null ? null : parseDocument('held', heldSnapshot, document)
  }

  heldSnapshots({ stream, state, limit }: Parameters<WarmStore['heldSnapshots']>[0]): Promise<readonly HeldSnapshot[]> {
    return this.#list('held', heldSnapshot, { stream, state }, { heldAtMs: -1, _id: 1 }, limit)
  }

  async decideHeld(id: string, decision: Parameters<WarmStore['decideHeld']>[1]): Promise<HeldSnapshot | null> {
    // the condition makes it a compare-and-set: of two people who decide, the first does
    await this.mongo.run(() =>
      this.#collection('held').updateOne({ _id: id, state: 'held' }, { $set: { ...decision } }),
    )
    return this.held(id)
  }

  putViewSet(set: StoredViewSet): Promise<void> {
    return this.#viewSets.put(set)
  }

  viewSet(name: string): Promise<StoredViewSet | null> {
    return this.#viewSets.one(name)
  }

  lastDeployed(stream: string): Promise<string | null> {
    return this.#viewSets.lastDeployed(stream)
  }

  putRestatement(restatement: RestatementProgress): Promise<void> {
    return this.#viewSets.putRestatement(restatement)
  }

  restatement(stream: string): Promise<RestatementProgress | null> {
    return this.#viewSets.restatement(stream)
  }

  async putParity(results: readonly ParityResult[]): Promise<void> {
    if (results.length === 0) return
    const operations = results.map((result): AnyBulkWriteOperation<Doc> => {
      const { stream, view, partition, fromEpoch, toEpoch, outcome } = result
      const _id = JSON.stringify([stream, view, partition, fromEpoch, toEpoch])
      // What was compared once stays, whatever a later run, which finds the hot epochs dropped, says.
      const filter = outcome === 'uncompared' ? { _id, outcome } : { _id }
      return { replaceOne: { filter, replacement: { ...result }, upsert: true } }
    })
    await this.mongo.run(() =>
      this.#collection('parity').bulkWrite(operations, { ordered: false }).catch(ignoreDuplicates),
    )
  }

  async parity(filter: { stream?: string; view?: string; limit: number }): Promise<readonly ParityResult[]> {
    const { stream, view, limit } = filter
    return this.#list('parity', parityResult, { stream, view }, { comparedAtMs: -1, _id: 1 }, limit)
  }

  async putLedger(entries: readonly LedgerEntry[]): Promise<void> {
    if (entries.length === 0) return
    const operations = entries.map((entry): AnyBulkWriteOperation<Doc> => {
      const _id = JSON.stringify([entry.stream, entry.partition, entry.epoch])
      return { replaceOne: { filter: { _id }, replacement: { ...entry }, upsert: true } }
    })
    await this.mongo.run(() => this.#collection('ledger').bulkWrite(operations, { ordered: false }))
  }

  async ledger(filter: {
    stream?: string
    fromEpoch?: number
    toEpoch?: number
    limit: number
  }): Promise<readonly LedgerEntry[]> {
    const { stream, fromEpoch, toEpoch, limit } = filter
    const epoch = fromEpoch === undefined && toEpoch === undefined ? undefined : { $gte: fromEpoch, $lt: toEpoch }
    return this.#list('ledger', ledgerEntry, { stream, epoch }, { epoch: -1, _id: 1 }, limit)
  }

  async ping(): Promise<void> {
    await this.mongo.run((db) => db.command({ ping: 1 }))
  }

  async close(): Promise<void> {
    await this.mongo.close()
  }

  #collection(name: string): Collection<Doc> {
    return this.mongo.db.collection<Doc>(name)
  }

  async #list<T>(
    name: string,
    schema: Parameters<typeof parseDocument<T>>[1],
    filter: Record<string, unknown>,
    sort: Record<string, 1 | -1>,
    limit: number,
  ): Promise<readonly T[]> {
    const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
    const documents = await this.mongo.run(() =>
      this.#collection(name)
        .find(given as never)
        .sort(sort)
        .limit(limit)
        .toArray(),
    )
    return documents.map((document) => parseDocument(name, schema, document))
  }
}
