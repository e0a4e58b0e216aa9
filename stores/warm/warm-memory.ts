import type { EncodedCell } from '../../core/cell/cell.js'
import type { ColdCopy, SegmentTiers } from '../../core/seam/cold-copy.js'
import type { RestatementProgress } from '../../core/seam/restatement-progress.js'
import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import { validateSnapshot } from '../../core/seam/validate-snapshot.js'
import { bucketsOf, type CellBucket, cellsName, cellsOf, checkDays, dayOfBucket } from './cell-buckets.js'
import { CellsMissingError } from './cells-missing-error.js'
import { blocksOf } from './segment-blocks.js'
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

/** A warm store in this process's memory, for tests and simulations. It passes the contract of the real one. */
export function openWarmMemory(): WarmStore {
  return new WarmMemory()
}

class WarmMemory implements WarmStore {
  readonly #settings = new Map<string, StreamSettings>()
  readonly #segments = new Map<string, Segment>()
  readonly #buckets = new Map<string, readonly CellBucket[]>()
  readonly #tiers = new Map<string, SegmentTiers>()
  readonly #pointers = new Map<string, Pointer>()
  readonly #snapshots = new Map<string, Snapshot>()
  readonly #held = new Map<string, HeldSnapshot>()
  readonly #viewSets = new Map<string, StoredViewSet>()
  readonly #restatements = new Map<string, RestatementProgress>()
  readonly #parity = new Map<string, ParityResult>()
  readonly #ledger = new Map<string, LedgerEntry>()

  async registerStream(settings: StreamSettings): Promise<StreamSettings> {
    const inForce = this.#settings.get(settings.stream) ?? { ...settings }
    this.#settings.set(settings.stream, inForce)
    return inForce
  }

  async streams(): Promise<readonly StreamSettings[]> {
    return [...this.#settings.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1))
  }

  async putSegment(segment: Segment, cells: readonly EncodedCell[], elsewhere?: Promise<unknown>): Promise<Segment> {
    await elsewhere
    const stored = this.#segments.get(segment.id)
    if (stored !== undefined) return stored
    const buckets = bucketsOf(segment, cells)
    checkDays(segment, buckets)
    this.#buckets.set(segment.id, buckets)
    this.#segments.set(segment.id, structuredClone(segment))
    return this.#segments.get(segment.id) as Segment
  }

  async segment(id: string): Promise<Segment | null> {
    return this.#segments.get(id) ?? null
  }

  async cells(
    segmentId: string,
    { fromDay, toDay } = { fromDay: 0, toDay: 99_999_999 },
  ): Promise<readonly EncodedCell[]> {
    const buckets = this.#buckets.get(segmentId)
    const segment = this.#segments.get(segmentId)
    if (buckets === undefined || segment === undefined) throw new Error(`segment ${segmentId} is not in memory`)
    const held = new Set(buckets.map(({ _id }) => dayOfBucket(_id)))
    const gone = segment.days.find((day) => day >= fromDay && day <= toDay && !held.has(day))
    if (gone !== undefined)
      throw new CellsMissingError(segmentId, gone, `segment ${segmentId} lacks cells of day ${gone} in memory`)
    const cells: EncodedCell[] = []
    for (const bucket of [...buckets].sort((a, b) => (a._id < b._id ? -1 : 1))) {
      const day = dayOfBucket(bucket._id)
      if (day >= fromDay && day <= toDay) cellsOf(bucket, cells)
    }
    return cells
  }

  cellsOfDay(segments: readonly Segment[], day: number): Promise<readonly (readonly EncodedCell[])[]> {
    return Promise.all(segments.map(({ id }) => this.cells(id, { fromDay: day, toDay: day })))
  }

  async tiers(segments: readonly Pick<Segment, 'id' | 'checksum'>[]): Promise<ReadonlyMap<string, SegmentTiers>> {
    return new Map(
      segments.flatMap((segment) => {
        const tiers = this.#tiers.get(cellsName(segment))
        return tiers === undefined ? [] : [[segment.id, tiers] as const]
      }),
    )
  }

  async putCold(segment: Pick<Segment, 'id' | 'checksum'>, cold: ColdCopy): Promise<SegmentTiers> {
    const tiers = this.#tiers.get(cellsName(segment)) ?? { cold: { ...cold }, warmFrom: 0 }
    this.#tiers.set(cellsName(segment), tiers)
    return tiers
  }

  async dropDays(segment: Segment, beforeDay: number): Promise<void> {
    const tiers = this.#tiers.get(cellsName(segment))
    if (tiers === undefined)
      throw new Error(`segment ${segment.id} of view "${segment.view}" has no cold copy: its cells stay in memory`)
    this.#tiers.set(cellsName(segment), { ...tiers, warmFrom: Math.max(tiers.warmFrom, beforeDay) })
    const buckets = this.#buckets.get(segment.id) ?? []
    this.#buckets.set(
      segment.id,
      buckets.filter(({ _id }) => dayOfBucket(_id) >= beforeDay),
    )
  }

  async pointer(stream: string): Promise<Pointer | null> {
    return this.#pointers.get(stream) ?? null
  }

  async snapshot(id: string): Promise<Snapshot | null> {
    return this.#snapshots.get(id) ?? null
  }

  async snapshots(stream: string, limit: number): Promise<readonly Snapshot[]> {
    return this.#chain(stream).slice(0, limit)
  }

  async publish(snapshot: Snapshot): Promise<void> {
    const { id, stream, sequence } = snapshot
    const chain = this.#chain(stream)
    if (chain.some((published) => published.id === id)) return
    const inForce = chain[0] ?? null
    if ((inForce?.id ?? null) !== snapshot.base) {
      throw new SnapshotConflictError(stream, snapshot.base, inForce?.id ?? null)
    }
    validateSnapshot(inForce, snapshot)
    const segments = blocksOf(snapshot.segments).flatMap((block) => block.segments)
    this.#snapshots.set(id, structuredClone({ ...snapshot, segments }))
    this.#pointers.set(stream, { stream, snapshot: id, sequence })
  }

  async putHeld(held: HeldSnapshot): Promise<HeldSnapshot> {
    const stored = this.#held.get(held.id) ?? structuredClone(held)
    this.#held.set(held.id, stored)
    return stored
  }

  async held(id: string): Promise<HeldSnapshot | null> {
    return this.#held.get(id) ?? null
  }

  async heldSnapshots({
    stream,
    state,
    limit,
  }: Parameters<WarmStore['heldSnapshots']>[0]): Promise<readonly HeldSnapshot[]> {
    return [...this.#held.values()]
      .filter((held) => (stream ?? held.stream) === held.stream && (state ?? held.state) === held.state)
      .sort((a, b) => b.heldAtMs - a.heldAtMs || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
  }

  async decideHeld(id: string, decision: Parameters<WarmStore['decideHeld']>[1]): Promise<HeldSnapshot | null> {
    const held = this.#held.get(id)
    if (held?.state === 'held') this.#held.set(id, { ...held, ...decision })
    return this.held(id)
  }

  async putViewSet(set: StoredViewSet): Promise<void> {
    const held = this.#viewSets.get(set.viewSet) ?? set
    const deployedAtMs = Math.max(held.deployedAtMs, set.deployedAtMs)
    this.#viewSets.set(set.viewSet, { ...held, deployedAtMs, usedAtMs: Math.max(held.usedAtMs, set.usedAtMs) })
  }

  async viewSet(name: string): Promise<StoredViewSet | null> {
    return this.#viewSets.get(name) ?? null
  }

  async lastDeployed(stream: string): Promise<string | null> {
    const own = [...this.#viewSets.values()].filter((set) => set.stream === stream)
    own.sort((a, b) => b.deployedAtMs - a.deployedAtMs || (a.viewSet < b.viewSet ? -1 : 1))
    return own[0]?.viewSet ?? null
  }

  async putRestatement(restatement: RestatementProgress): Promise<void> {
    this.#restatements.set(restatement.stream, { ...restatement })
  }

  async restatement(stream: string): Promise<RestatementProgress | null> {
    return this.#restatements.get(stream) ?? null
  }

  async putParity(results: readonly ParityResult[]): Promise<void> {
    for (const result of results) {
      const key = JSON.stringify([result.stream, result.view, result.partition, result.fromEpoch, result.toEpoch])
      const before = this.#parity.get(key)
      if (result.outcome === 'uncompared' && before !== undefined && before.outcome !== 'uncompared') continue
      this.#parity.set(key, { ...result })
    }
  }

  async parity(filter: { stream?: string; view?: string; limit: number }): Promise<readonly ParityResult[]> {
    return [...this.#parity.entries()]
      .filter(([, { stream }]) => filter.stream === undefined || stream === filter.stream)
      .filter(([, { view }]) => filter.view === undefined || view === filter.view)
      .sort(([ka, a], [kb, b]) => b.comparedAtMs - a.comparedAtMs || (ka < kb ? -1 : 1))
      .slice(0, filter.limit)
      .map(([, result]) => result)
  }

  async putLedger(entries: readonly LedgerEntry[]): Promise<void> {
    for (const entry of entries) {
      this.#ledger.set(JSON.stringify([entry.stream, entry.partition, entry.epoch]), { ...entry })
    }
  }

  async ledger(filter: {
    stream?: string
    fromEpoch?: number
    toEpoch?: number
    limit: number
  }): Promise<readonly LedgerEntry[]> {
    const { stream, fromEpoch = Number.NEGATIVE_INFINITY, toEpoch = Number.POSITIVE_INFINITY, limit } = filter
    return [...this.#ledger.entries()]
      .filter(([, entry]) => stream === undefined || entry.stream === stream)
      .filter(([, { epoch }]) => epoch >= fromEpoch && epoch < toEpoch)
      .sort(([ka, a], [kb, b]) => b.epoch - a.epoch || (ka < kb ? -1 : 1))
      .slice(0, limit)
      .map(([, entry]) => entry)
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  /** Snapshots that were in force, newest first. */
  #chain(stream: string): readonly Snapshot[] {
    const chain: Snapshot[] = []
    let id = this.#pointers.get(stream)?.snapshot ?? null
    while (id !== null) {
      const snapshot = this.#snapshots.get(id) as Snapshot
      chain.push(snapshot)
      id = snapshot.base
    }
    return chain
  }
}
