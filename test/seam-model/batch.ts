import type { EncodedCell } from '../../core/cell/cell.js'
import {
  checkChain,
  compareParity,
  cutPartition,
  type EpochManifest,
  endsEpoch,
  extendSnapshot,
  firstManifestFrom,
  type HotPosition,
  KnownIds,
  type PartitionBoundary,
  replaceSegments,
  rollback,
  runningEpoch,
  type Segment,
  type SegmentRange,
  type Snapshot,
  segmentId,
  validateSnapshot,
} from '../../core/seam/index.js'
import { contributions, VIEWS } from './cell-bag.js'
import { EPOCH_MS, type ModelRecord } from './model-log.js'
import { BrokenLaw } from './rules.js'
import type { Stage } from './stage.js'

const STREAM = 'modelled'
const MARGIN_MS = 2

/** The batch layer: each job stops at every `yield`, where anything else may happen, itself a second time included. */
export class Batch {
  /** Manifests in force by epoch, as the lake has them. */
  readonly manifests = new Map<number, EpochManifest>()
  readonly cells = new Map<string, readonly EncodedCell[]>()

  constructor(private readonly world: Stage) {}

  get newest(): EpochManifest | null {
    return this.manifests.get(Math.max(...this.manifests.keys())) ?? null
  }

  async *seal(): AsyncGenerator<void> {
    const { world } = this
    const previous = this.newest
    const epoch = previous ? previous.epoch + 1 : 0
    if (world.log.nowMs < (epoch + 1) * EPOCH_MS + MARGIN_MS) return
    const partitions: EpochManifest['partitions'][number][] = []
    for (const partition of world.log.partitions) {
      partitions.push(this.#cut(firstManifestFrom(previous, partition, { earliest: 0 }), partition, epoch))
      yield
    }
    const manifest = manifestOf(epoch, partitions)
    if (this.newest && this.newest.epoch > epoch) return
    // created exclusively: whoever comes second adopts what is there
    if (this.manifests.has(epoch) && world.keeps('seal-once')) return
    checkChain(previous, manifest)
    this.manifests.set(epoch, manifest)
    world.say(
      `sealed ${epoch}: ${partitions.map((p) => `${p.partition}:${p.from}-${p.to}${p.open ? ' open' : ''}`).join(' ')}`,
    )
  }

  #cut(from: PartitionBoundary, partition: number, sealing: number): EpochManifest['partitions'][number] {
    const { world } = this
    const seen = world.log.read(partition, from.offset, Number.MAX_SAFE_INTEGER)
    let running = from.epoch
    let cut: number | null = null
    const counts = { read: 0, accepted: 0, rejected: 0, ticks: 0 }
    for (const record of seen.records) {
      running = runningEpoch(running, record.timeMs, EPOCH_MS)
      if (endsEpoch(running, sealing)) {
        cut = record.offset
        break
      }
      if (record.kind === 'tick') counts.ticks++
      else counts.read++
      if (record.kind === 'valid') counts.accepted++
      if (record.kind === 'bad') counts.rejected++
    }
    if (!world.keeps('delivered')) cut = world.log.lookup(partition, from.offset, (sealing + 1) * EPOCH_MS)
    if (cut === null && !world.keeps('real-record')) cut = seen.to
    if (cut === null && world.ticks) world.log.append(partition, 'tick')
    const none = { read: 0, accepted: 0, rejected: 0, ticks: 0 }
    // an open partition keeps its records for a later epoch
    const counted = cut === null || !world.keeps('delivered') ? none : counts
    return {
      partition,
      ...cutPartition(from, cut, sealing),
      ...counted,
      duplicates: 0,
      last: null,
      lost: [],
      files: [],
    }
  }

  async *publish(): AsyncGenerator<void> {
    const { world } = this
    const base = world.pointer
    const epoch = world.sealedUpTo(base)
    const manifest = this.manifests.get(epoch)
    if (!manifest) return
    const segments = this.#segments([manifest], 'sealed')
    yield
    if (world.pointer !== base) return
    world.publish(extendSnapshot({ base, manifests: [manifest], views: VIEWS, segments, nowMs: world.log.nowMs }))
    world.say(`published ${epoch}`)
  }

  /** Computes one or two published epochs again; a lost compare-and-set is repeated on the newer base. */
  async *backfill(): AsyncGenerator<void> {
    const { world } = this
    const covered = [...this.manifests.values()].filter((m) => m.epoch < world.sealedUpTo(world.pointer))
    if (covered.length === 0) return
    const at = world.random.between(0, covered.length - 1)
    const chosen = covered.slice(at, at + world.random.pick([1, 1, 2]))
    const segments = this.#segments(chosen, world.newName('again'))
    yield
    while (world.pointer) {
      const base = world.pointer
      const next = replaceSegments(base, segments, world.log.nowMs)
      yield
      if (world.pointer !== base) continue
      if (overlaps(base, next)) return
      world.publish(next)
      world.say(`backfilled ${chosen.map((m) => m.epoch)}`)
      return
    }
  }

  rollback(): void {
    const { world } = this
    const old = world.history.length > 1 ? world.random.pick(world.history) : undefined
    if (!old || !world.pointer) return
    if (!world.keeps('boundary-up')) {
      world.pointer = old
      return
    }
    try {
      world.publish(rollback(old, world.pointer, world.log.nowMs))
      world.say(`rolled back to ${old.id}`)
    } catch (error) {
      // a backfilled segment over two epochs may hold records from both sides of the old boundary: refused in words
      if (!(error instanceof Error && error.message.includes('both sides'))) throw error
    }
  }

  async *drop(): AsyncGenerator<void> {
    const boundary = this.world.pointer?.boundary ?? {}
    for (const partition of this.world.log.partitions) {
      yield
      await this.world.hot.drop(this.world.keyspace, partition, boundary[partition]?.epoch ?? 0)
    }
  }

  /** Parity of the newest published epochs, per partition and view. */
  async *audit(): AsyncGenerator<void> {
    const { world } = this
    const upTo = world.sealedUpTo(world.pointer)
    for (const manifest of [this.manifests.get(upTo - 1), this.manifests.get(upTo - 2)]) {
      if (!manifest) continue
      for (const range of this.#ranges(manifest)) {
        const loaded = await world.hot.load(world.keyspace, range.partition)
        for (const view of VIEWS) this.#compare(view.name, manifest, range, loaded)
        yield
      }
    }
  }

  #compare(
    view: string,
    manifest: EpochManifest,
    range: SegmentRange,
    loaded: Awaited<ReturnType<Stage['hot']['load']>>,
  ): void {
    const { world } = this
    const hot: HotPosition | null =
      loaded && !world.keeps('audit-wait') ? { next: range.to.offset, since: 0, floor: 0 } : (loaded?.state ?? null)
    const merged = new Map<string, string[]>()
    for (const cell of loaded?.cells ?? []) {
      if (cell.view !== view || cell.epoch < range.from.epoch || cell.epoch >= range.to.epoch) continue
      merged.set(cell.key, [...(merged.get(cell.key) ?? []), ...cell.registers.split(',')])
    }
    const outcome = compareParity({
      view,
      ranges: [range],
      hot: new Map([[range.partition, hot]]),
      hotCells: [...merged].map(([key, items]) => ({ key, registers: canonical(items) })),
      batchCells: this.#count(view, [manifest], range.partition),
    })
    if (outcome.outcome === 'different')
      throw new BrokenLaw(`PARITY of epochs ${range.from.epoch} to ${range.to.epoch}: ${outcome.reason}`)
    if (outcome.outcome === 'equal') world.compared++
  }

  #segments(manifests: readonly EpochManifest[], input: string): readonly Segment[] {
    const ranges = manifests.flatMap((manifest) => this.#ranges(manifest))
    if (ranges.length === 0) return []
    const joined = join(ranges)
    return VIEWS.map((view) => {
      const cells = this.#count(view.name, manifests)
      const id = segmentId(view.hash, STREAM, joined, [input])
      this.cells.set(id, cells)
      return {
        id,
        view: view.name,
        viewHash: view.hash,
        stream: STREAM,
        ranges: joined,
        cells: cells.length,
        days: [],
        checksum: '',
      }
    })
  }

  #ranges(manifest: EpochManifest): readonly SegmentRange[] {
    const before = this.manifests.get(manifest.epoch - 1) ?? null
    return manifest.partitions
      .filter((p) => !p.open)
      .map((p) => ({
        partition: p.partition,
        from: { offset: p.from, epoch: firstManifestFrom(before, p.partition, { earliest: 0 }).epoch },
        to: { offset: p.to, epoch: p.epoch },
      }))
  }

  /** Ids of the epoch before a boundary's: those of the manifest that ends with it. */
  idsBelow(partition: number, { offset, epoch }: PartitionBoundary): readonly string[] {
    const manifest = this.manifests.get(epoch - 1)
    const range = manifest && this.#ranges(manifest).find((r) => r.partition === partition)
    if (!range || range.to.offset > offset) return []
    return this.#records(range).flatMap(({ record, epoch: of }) => {
      const counts = of === epoch - 1 || !this.world.keeps('record-epoch')
      return counts && record.kind === 'valid' && record.id !== null ? [record.id] : []
    })
  }

  #records({ partition, from, to }: SegmentRange): readonly { record: ModelRecord; epoch: number }[] {
    let epoch = from.epoch
    return this.world.log.read(partition, from.offset, to.offset).records.map((record) => {
      epoch = runningEpoch(epoch, record.timeMs, EPOCH_MS)
      return { record, epoch }
    })
  }

  /** Cells of what the manifests' files hold, each archived by itself. */
  #count(view: string, manifests: readonly EpochManifest[], partition?: number): readonly EncodedCell[] {
    const items = new Map<string, string[]>()
    for (const range of manifests.flatMap((manifest) => this.#ranges(manifest))) {
      if (partition !== undefined && range.partition !== partition) continue
      const known = new KnownIds(range.from.epoch)
      if (this.world.keeps('ids-sealed')) known.load(range.from.epoch - 1, this.idsBelow(range.partition, range.from))
      for (const { record, epoch } of this.#records(range)) {
        const repeats = record.kind === 'valid' && record.id !== null && known.meet(record.id, epoch) !== null
        for (const c of contributions(range.partition, record, repeats)) {
          if (c.view === view) items.set(c.key, [...(items.get(c.key) ?? []), c.item])
        }
      }
    }
    return [...items].map(([key, list]) => ({ key, registers: canonical(list) }))
  }
}

/** Neighbouring ranges of a partition as one. */
function join(ranges: readonly SegmentRange[]): readonly SegmentRange[] {
  const joined = new Map<number, SegmentRange>()
  for (const range of ranges)
    joined.set(range.partition, { ...range, from: joined.get(range.partition)?.from ?? range.from })
  return [...joined.values()]
}

/** A backfill that cuts a longer segment of another one in two is refused; that is not what is tried here. */
function overlaps(base: Snapshot, next: Snapshot): boolean {
  try {
    validateSnapshot(base, next)
    return false
  } catch (error) {
    if (error instanceof Error && error.message.includes('twice')) return true
    throw error
  }
}

function canonical(items: readonly string[]): string {
  return [...items].sort().join(',')
}

function manifestOf(epoch: number, partitions: EpochManifest['partitions']): EpochManifest {
  return {
    version: 1,
    stream: STREAM,
    streamHash: 'h',
    epoch,
    epochMs: EPOCH_MS,
    sealedAtMs: 0,
    attempt: 'a',
    cuts: [],
    partitions,
  }
}
