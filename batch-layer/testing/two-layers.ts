import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EncodedCell } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Releases, Snapshot } from '../../core/seam/index.js'
import { MemoryHot } from '../../stores/hot/index.js'
import type { LakeStore } from '../../stores/lake/index.js'
import { openLake } from '../../stores/lake/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import { openMemoryReleases, openWarmMemory, type WarmStore } from '../../stores/warm/index.js'
import { localArchiver } from '../archive/local-archiver.js'
import { compareLayers, type ParityReport } from '../parity/compare-layers.js'
import { dropCovered } from '../publish/drop-covered.js'
import { publishSegments } from '../publish/publish-segments.js'
import { setAliases } from '../publish/set-aliases.js'
import { IdlePartitions } from '../seal/idle-partitions.js'
import { compileSealSettings, type SealSettings } from '../seal/seal-settings.js'
import { type SealedRun, sealStream } from '../seal/seal-stream.js'
import { buildSegments, type SegmentWork } from '../segments/build-segments.js'
import { CellCache } from '../segments/cell-cache.js'
import { planStream, type StreamPlan } from '../stream-plan.js'
import { foldIntoHot } from './fold-into-hot.js'
import { MemoryLog } from './memory-log.js'
import { MemorySearch } from './memory-search.js'
import { mergedAnswer, recount } from './merged-answer.js'
import { clickJson, shop } from './shop.js'

export const EPOCH_MS = 60_000
export const MARGIN_MS = 5_000
/** A whole epoch far from zero, where the tests begin. */
export const START_MS = Date.UTC(2024, 0, 1, 12)
export const FIRST_EPOCH = START_MS / EPOCH_MS

export const { stream: clicks, byProduct, redefined, cheap, catalog } = shop('clicks')

/** Both layers over stores of their own, in one process, with every clock in the hands of the test. */
export class TwoLayers {
  /** The machine's clock and, unless a test moves it apart, the broker's. */
  nowMs = START_MS
  brokerSkewMs = 0
  readonly clock = { now: () => this.nowMs }
  readonly log = new MemoryLog(2, () => this.nowMs + this.brokerSkewMs)
  readonly hot: MemoryHot
  readonly warm: WarmStore = openWarmMemory()
  readonly releases = openMemoryReleases()
  readonly search = new MemorySearch()
  readonly idle = new IdlePartitions()
  readonly cells = new CellCache(1_000)
  readonly logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  plan: StreamPlan
  settings = compileSealSettings({ marginMs: MARGIN_MS })
  #ids = 0
  readonly newId = () => `attempt${++this.#ids}`

  static async open(views: readonly ViewDefinition[] = [byProduct]): Promise<TwoLayers> {
    const root = await mkdtemp(join(tmpdir(), 'tandem-batch-'))
    return new TwoLayers(root, await openLake(root, { threads: 1 }), views)
  }

  private constructor(
    readonly root: string,
    readonly lake: LakeStore,
    views: readonly ViewDefinition[],
  ) {
    this.hot = new MemoryHot({ now: this.clock.now, newGeneration: this.newId })
    this.plan = planOf(views)
  }

  async close(): Promise<void> {
    await this.lake.close()
    await rm(this.root, { recursive: true })
  }

  define(views: readonly ViewDefinition[]): void {
    this.plan = planOf(views)
  }

  set(settings: SealSettings): void {
    this.settings = compileSealSettings({ marginMs: MARGIN_MS, ...settings })
  }

  /** Moves the clock to a place in an epoch counted from the first. */
  at(epoch: number, intoMs = 0): void {
    this.nowMs = START_MS + epoch * EPOCH_MS + intoMs
  }

  click(partition: number, product: string, price = 1, lateMs = 0, ref?: string): void {
    this.log.append(partition, clickJson(this.nowMs - lateMs, product, price, ref))
  }

  poison(partition: number): void {
    this.log.append(partition, '{"at":')
  }

  /** Seals an epoch counted from the first, and every earlier one. */
  sealOnly(epoch: number, given?: Releases): Promise<SealedRun> {
    const openArchiver = async (plan: StreamPlan) => localArchiver(this.lake, plan.stream)
    return sealStream({ ...this.deps, openArchiver }, this.plan, FIRST_EPOCH + epoch, {}, given)
  }

  async seal(
    epoch: number,
    given?: Releases,
  ): Promise<{ sealed: SealedRun; work: SegmentWork; parity: ParityReport; snapshot: Snapshot | null }> {
    const sealed = await this.sealOnly(epoch, given)
    const work = await buildSegments(this.deps, this.plan, {})
    const parity = await compareLayers(this.deps, this.plan, work.fresh, {})
    const snapshot = await publishSegments(this.deps, this.plan, work)
    await setAliases(this.deps, this.plan.views, {})
    await dropCovered(this.deps, this.plan)
    return { sealed, work, parity, snapshot }
  }

  get deps() {
    const { log, hot, lake, warm, releases, search, clock, logger, newId, settings, idle, cells } = this
    return { log: log as LogStore, hot, lake, warm, releases, search, clock, logger, newId, settings, idle, cells }
  }

  /** Folds everything delivered into hot state, as the speed layer would. */
  async speed(): Promise<void> {
    await foldIntoHot(this, this.plan, await this.releases.of(clicks.name))
  }

  answer(view: ViewDefinition): Promise<readonly EncodedCell[]> {
    return mergedAnswer(this, this.plan, view)
  }

  async recount(view: ViewDefinition): Promise<readonly EncodedCell[]> {
    return recount(this.log, this.plan, view, undefined, await this.releases.of(clicks.name))
  }
}

function planOf(views: readonly ViewDefinition[]): StreamPlan {
  return planStream(catalog(views), clicks.name, EPOCH_MS)
}
