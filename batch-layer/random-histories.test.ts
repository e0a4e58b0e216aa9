import { afterEach, expect, test } from 'vitest'
import { backfillSegments, publishBackfill } from './backfill/backfill-segments.js'
import { compareLayers } from './parity/compare-layers.js'
import { dropCovered } from './publish/drop-covered.js'
import { publishSegments, StaleSegmentsError } from './publish/publish-segments.js'
import { rollbackTo } from './publish/rollback-to.js'
import { EpochNotOverError } from './seal/seal-errors.js'
import { buildSegments, type SegmentWork } from './segments/build-segments.js'
import type { OpenTransaction } from './testing/memory-log.js'
import { mergedAnswer, prefixNow, recount } from './testing/merged-answer.js'
import { byProduct, cheap, clicks, EPOCH_MS, FIRST_EPOCH, START_MS, TwoLayers } from './testing/two-layers.js'

/** `BATCH_SEED=17 npx vitest run batch-layer/random-histories` replays one history, `BATCH_SEED=1-500` runs many. */
const [FIRST_SEED = 1, LAST_SEED = FIRST_SEED] = (process.env.BATCH_SEED ?? '1-8').split('-').map(Number)
const SEEDS = Array.from({ length: LAST_SEED - FIRST_SEED + 1 }, (_, i) => FIRST_SEED + i)
const STEPS = 70

let layers: TwoLayers | null = null

afterEach(async () => {
  await layers?.close()
  layers = null
})

test.each(SEEDS)(
  'after every step of a random history each record is counted by exactly one layer: seed %i',
  async (seed) => {
    layers = await TwoLayers.open()
    const history = new History(layers, seed)
    for (let step = 0; step < STEPS; step++) {
      const action = await history.step()
      await expectExact(layers, `seed ${seed}, step ${step}, after ${action}`)
    }
    await history.settle()
    await expectExact(layers, `seed ${seed}, at the end`)
    expect(await prefixNow(layers, layers.plan)).toEqual(await ends(layers))
  },
)

async function expectExact(at: TwoLayers, when: string): Promise<void> {
  const prefix = await prefixNow(at, at.plan)
  for (const view of at.plan.views) {
    // a changed view is not answered before its segments reach back to the first record
    const [snapshot] = await at.warm.snapshots(clicks.name, 1)
    if (snapshot && snapshot.views.find((v) => v.hash === view.hash)?.building !== false) continue
    expect({ when, cells: await mergedAnswer(at, at.plan, view) }).toEqual({
      when,
      cells: await recount(at.log, at.plan, view, prefix),
    })
  }
}

async function ends({ log }: TwoLayers): Promise<Record<number, number>> {
  return Object.fromEntries((await log.offsets()).map(({ partition, high }) => [partition, high]))
}

/** A run of the batch layer that may be overtaken, repeated or given up between any two of its steps. */
interface Run {
  work: SegmentWork | null
  next: 'seal' | 'segments' | 'parity' | 'publish' | 'drop'
}

class History {
  readonly #runs: Run[] = []
  readonly #open: OpenTransaction[] = []
  #state: number

  constructor(
    private readonly at: TwoLayers,
    seed: number,
  ) {
    this.#state = seed
  }

  /** mulberry32 */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  async step(): Promise<string> {
    const actions: [string, number, () => Promise<void> | void][] = [
      ['produce', 8, () => this.#produce()],
      ['time', 5, () => this.#time()],
      ['transaction', 3, () => this.#transaction()],
      ['clock', 1, () => this.#clock()],
      ['speed', 5, () => this.at.speed()],
      ['run', 14, () => this.#run()],
      ['give up', 1, () => void this.#runs.pop()],
      ['wipe', 0.4, () => this.at.hot.wipe()],
      ['rollback', 0.6, () => this.#rollback()],
      ['backfill', 0.6, () => this.#backfill()],
      ['partition', 0.3, () => this.#partition()],
      ['deploy', 0.3, () => this.at.define(this.#random() < 0.5 ? [byProduct] : [byProduct, cheap])],
    ]
    let at = this.#random() * actions.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight, act] of actions) {
      at -= weight
      if (at >= 0) continue
      await act()
      return name
    }
    return 'nothing'
  }

  /** Ends what is open, seals everything and lets the speed layer catch up. */
  async settle(): Promise<void> {
    for (const transaction of this.#open.splice(0)) transaction.end(false)
    this.at.brokerSkewMs = 0
    this.at.nowMs += 10 * EPOCH_MS
    await this.at.speed()
    const { parity } = await this.at.seal(this.#endedEpoch())
    expect(parity.different).toBe(0)
    await this.at.speed()
  }

  async #produce(): Promise<void> {
    const partitions = await this.at.log.partitions()
    for (let n = 1 + this.#below(6); n > 0; n--) {
      const partition = partitions[this.#below(partitions.length)] ?? 0
      // the last partition is often idle
      if (partition === partitions.length - 1 && this.#random() < 0.6) continue
      if (this.#random() < 0.1) this.at.poison(partition)
      else {
        const ref = this.#random() < 0.5 ? undefined : `r${this.#below(8)}`
        this.at.click(partition, `p${this.#below(4)}`, this.#below(20) - 2, this.#below(5) * 70_000, ref)
      }
    }
  }

  #time(): void {
    this.at.nowMs += 1_000 + this.#below(this.#random() < 0.2 ? 4 * EPOCH_MS : EPOCH_MS)
  }

  #transaction(): void {
    const open = this.#open[0]
    if (open === undefined) this.#open.push(this.at.log.begin(0))
    else if (this.#random() < 0.5) {
      open.append(
        JSON.stringify({
          at: new Date(this.at.nowMs).toISOString(),
          product: 'held',
          price: 3,
          member: null,
          ref: `r${this.#below(8)}`,
        }),
      )
    } else {
      this.#open.shift()
      open.end(this.#random() < 0.5)
    }
  }

  #clock(): void {
    this.at.brokerSkewMs = [0, 0, -20_000, -2 * EPOCH_MS, 30_000][this.#below(5)] ?? 0
  }

  async #run(): Promise<void> {
    if (this.#runs.length === 0 || (this.#runs.length < 2 && this.#random() < 0.3)) {
      this.#runs.push({ work: null, next: 'seal' })
    }
    const run = this.#runs[this.#below(this.#runs.length)] as Run
    try {
      await this.#advance(run)
    } catch (error) {
      if (error instanceof StaleSegmentsError) run.next = 'segments'
      else if (!(error instanceof EpochNotOverError)) throw error
    }
  }

  async #advance(run: Run): Promise<void> {
    const { deps, plan } = this.at
    if (run.next === 'seal') {
      if (this.#endedEpoch() < 0) return
      await this.at.sealOnly(this.#endedEpoch())
      run.next = 'segments'
    } else if (run.next === 'segments') {
      run.work = await buildSegments(deps, plan, {})
      run.next = this.#random() < 0.5 ? 'parity' : 'publish'
    } else if (run.next === 'parity') {
      const report = await compareLayers(deps, plan, run.work?.fresh ?? [], {})
      expect(report.different).toBe(0)
      run.next = 'publish'
    } else if (run.next === 'publish') {
      if (run.work) await publishSegments(deps, plan, run.work)
      run.next = 'drop'
    } else {
      await dropCovered(deps, plan)
      this.#runs.splice(this.#runs.indexOf(run), 1)
    }
  }

  async #rollback(): Promise<void> {
    const snapshots = await this.at.warm.snapshots(clicks.name, 20)
    const old = snapshots[this.#below(snapshots.length)]
    if (old === undefined) return
    const hashes = new Set(this.at.plan.views.map((view) => view.hash))
    // across a change of definitions segments of several old ranges may have become one, which rollback refuses
    if (!old.views.every((view) => hashes.has(view.hash) && !view.building)) return
    await rollbackTo(this.at.deps, this.at.plan, old.id).catch((error: Error) => {
      if (!error.message.includes('both sides of the boundary')) throw error
    })
  }

  async #backfill(): Promise<void> {
    const { deps, plan } = this.at
    const fromEpoch = FIRST_EPOCH + this.#below(10)
    const range = { fromEpoch, toEpoch: fromEpoch + 1 + this.#below(5) }
    const work = await backfillSegments(deps, plan, range, {})
    expect(work.changed).toBe(0)
    await publishBackfill(deps, plan, work)
  }

  async #partition(): Promise<void> {
    if ((await this.at.log.partitions()).length < 3) this.at.log.addPartition()
  }

  /** The last epoch, counted from the first, that has ended with the margin. */
  #endedEpoch(): number {
    return Math.floor((this.at.nowMs - START_MS - this.at.settings.marginMs) / EPOCH_MS) - 1
  }
}
