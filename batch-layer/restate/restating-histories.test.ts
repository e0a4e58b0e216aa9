import { afterEach, expect, test, vi } from 'vitest'
import { compileCatalog } from '../../core/define/compile-catalog.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { writeViewSet } from '../../core/define/view-set.js'
import { count, decimal, definePipeline, defineStream, defineView, instant, z } from '../../core/index.js'
import type { Prefix } from '../../core/seam/index.js'
import { seededRandom } from '../../core/simulate/seeded-random.js'
import { servingSet } from '../../stores/warm/index.js'
import { compareLayers } from '../parity/compare-layers.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { dropCovered } from '../publish/drop-covered.js'
import { publishSegments } from '../publish/publish-segments.js'
import { buildSegments } from '../segments/build-segments.js'
import { planOfSet, planStream, type StreamPlan } from '../stream-plan.js'
import { foldIntoHot } from '../testing/fold-into-hot.js'
import { mergedAnswer, prefixNow, recount } from '../testing/merged-answer.js'
import { byProduct, cheap, clicks, EPOCH_MS, redefined, TwoLayers } from '../testing/two-layers.js'
import { dropUnused } from './drop-unused.js'
import { restateStream } from './restate-stream.js'

/** `BATCH_SEED=17 npx vitest run batch-layer/restate/restating` replays one history, `BATCH_SEED=1-500` runs many. */
const [FIRST_SEED = 1, LAST_SEED = FIRST_SEED] = (process.env.BATCH_SEED ?? '1-4').split('-').map(Number)
const SEEDS = Array.from({ length: LAST_SEED - FIRST_SEED + 1 }, (_, i) => FIRST_SEED + i)
const STEPS = 60
const DAY_MS = 86_400_000

let layers: TwoLayers
afterEach(() => layers.close())

/** The same stream with a field more: another schema, so all of its views are others. */
const wider = defineStream({
  ...{ name: clicks.name, eventTime: 'at', id: 'ref' },
  schema: z.object({
    at: instant(),
    product: z.string(),
    price: decimal(2),
    member: z.string().nullable(),
    ref: z.string().optional(),
    channel: z.string().optional(),
  }),
  rejects: (e) => ({ 'price-negative': e.price.lt(0) }),
})
const onWider = defineView(byProduct.name, {
  from: wider,
  by: (e) => ({ channel: e.channel.or('none') }),
  measures: () => ({ clicks: count() }),
  windows: ['1m'],
})
const planOf = (views: readonly ViewDefinition[], stream = clicks): StreamPlan =>
  planStream(compileCatalog([definePipeline({ name: 'shop', streams: [stream], views })]), clicks.name, EPOCH_MS)
const PLANS = [planOf([byProduct]), planOf([redefined]), planOf([byProduct, cheap]), planOf([onWider], wider)]

/** Both layers with definitions that change: what a pointer names is read on and sealed by, today's is filled beside it. */
class Deployed {
  #today = PLANS[0] as StreamPlan
  #epoch = 0
  readonly #random

  constructor(
    private readonly at: TwoLayers,
    seed: number,
    private readonly without?: Without,
  ) {
    this.#random = seededRandom(seed)
    this.at.at(0, 1)
  }

  get today(): StreamPlan {
    return this.#today
  }

  async served(): Promise<StreamPlan> {
    if (this.without === 'earlier definitions kept') return this.#today
    return planOfSet(await servingSet(this.at.warm, this.#today))
  }

  async deploy(plan: StreamPlan): Promise<void> {
    this.#today = plan
    await this.use()
  }

  async use(): Promise<void> {
    const { keyspace } = this.#today
    const usedAtMs = this.at.nowMs
    await this.at.warm.putViewSet({ ...keyspace, definitions: writeViewSet(this.#today), deployedAtMs: 0, usedAtMs })
  }

  async seal(): Promise<void> {
    this.at.at(++this.#epoch, 6_000)
    // the definitions in force are read on and sealed by
    this.at.plan = await this.served()
    await this.at.sealOnly(this.#epoch - 1)
    const work = await buildSegments(this.at.deps, this.at.plan, {})
    const { different } = await compareLayers(this.at.deps, this.at.plan, work.fresh, {})
    expect(different).toBe(0)
    await publishSegments(this.at.deps, this.at.plan, work)
    for (const plan of [this.at.plan, this.#today]) await dropCovered(this.at.deps, plan)
  }

  async restate(waitMs = 0): Promise<string> {
    const { deps } = this.at
    const from = planOfSet(await servingSet(this.at.warm, this.#today))
    // hot state that nobody looks at keeps nobody waiting
    const nowhere = { ...from, keyspace: { ...from.keyspace, viewSet: 'nowhere' } }
    const compared = this.without === 'waiting for hot state' && from.keyspace.viewSet !== this.#today.keyspace.viewSet
    const { state } = await restateStream(deps, compared ? nowhere : from, this.#today, {}, { waitMs })
    return state
  }

  async step(): Promise<string> {
    const { weighted, int, pick, chance } = this.#random
    const actions: Record<string, () => Promise<unknown>> = {
      click: async () => {
        for (let n = int(1, 4); n > 0; n--)
          this.at.click(int(0, 1), pick(['tea', 'rice', 'salt']), int(-1, 12), chance(0.3) ? 90_000 : 0)
      },
      'fold by those in force': async () => foldIntoHot(this.at, await this.served()),
      'fold by those of today': async () => foldIntoHot(this.at, this.#today),
      deploy: async () => this.deploy(pick(PLANS)),
      restate: async () => this.restate(),
      seal: async () => this.seal(),
    }
    const name = Object.keys(actions)[weighted([6, 3, 3, 1, 3, 2])] as string
    await actions[name]?.()
    return name
  }
}

/** What of the rule is taken out, to see that it is needed. */
type Without = 'earlier definitions kept' | 'waiting for hot state'

/** Runs one history. @returns when and how the law was first broken; null where it held */
async function broken(seed: number, without?: Without): Promise<string | null> {
  layers = await TwoLayers.open()
  const deployed = new Deployed(layers, seed, without)
  await deployed.use()
  let highest: Prefix | null = null
  for (let step = 0; step < STEPS; step++) {
    const when = `seed ${seed}, step ${step}, after ${await deployed.step()}`
    // before the first snapshot nothing says what is in force: today's is
    const snapshot = await currentSnapshot(layers.warm, clicks.name)
    if (snapshot === null) continue
    const plan = await deployed.served()
    const building = snapshot.views.filter((view) => view.building)
    if (building.length > 0) return `${when}: ${building.map(({ name }) => name)} cannot be answered`
    const prefix = await prefixNow(layers, plan)
    for (const [partition, offset] of Object.entries(highest ?? {}))
      if ((prefix[Number(partition)] ?? 0) < offset) return `${when}: partition ${partition} fell back below ${offset}`
    highest = prefix
    for (const view of plan.views) {
      const cells = await mergedAnswer(layers, plan, view)
      if (JSON.stringify(cells) !== JSON.stringify(await recount(layers.log, plan, view, prefix)))
        return `${when}: ${view.name} is no recount`
    }
  }
  await foldIntoHot(layers, await deployed.served())
  await foldIntoHot(layers, deployed.today)
  await deployed.restate()
  const inForce = (await deployed.served()).keyspace.viewSet
  return highest === null || inForce === deployed.today.keyspace.viewSet
    ? null
    : `seed ${seed}: today's never took over`
}

test.each(SEEDS)(
  'whatever is deployed when, every answer is a recount by one definition, and none falls back: seed %i',
  async (seed) => {
    expect(await broken(seed)).toBeNull()
  },
)

test.each(['earlier definitions kept', 'waiting for hot state'] as const)(
  'without %s some history has no answer, or a lesser one',
  async (without) => {
    const found: (string | null)[] = []
    for (let seed = 1; seed <= 20 && !found.some((one) => one !== null); seed++) {
      found.push(await broken(seed, without))
      await layers.close()
    }
    layers = await TwoLayers.open()
    expect(found.at(-1)).toMatch(
      without === 'waiting for hot state' ? /fell back/ : /fell back|cannot be answered|lacks|no recount/,
    )
  },
)

async function sealed(): Promise<Deployed> {
  layers = await TwoLayers.open()
  const deployed = new Deployed(layers, 1)
  await deployed.use()
  layers.click(0, 'tea', 3)
  layers.click(1, 'rice', 1)
  await foldIntoHot(layers, deployed.today)
  await deployed.seal()
  return deployed
}

test('changed definitions wait until they were read as far; what was computed of them is there, and said', async () => {
  const deployed = await sealed()
  const before = await deployed.served()
  await deployed.deploy(PLANS[1] as StreamPlan)
  layers.click(0, 'salt', 5)
  await foldIntoHot(layers, before)
  expect(await deployed.restate()).toBe('waiting')
  expect((await deployed.served()).keyspace).toEqual(before.keyspace)
  expect(await layers.warm.restatement(clicks.name)).toMatchObject({
    ...{ from: before.keyspace.viewSet, to: deployed.today.keyspace.viewSet, views: [byProduct.name] },
    ...{ done: 1, of: 1, waitsFor: 'hot-state', failure: null },
  })
  await foldIntoHot(layers, deployed.today)
  expect(await deployed.restate()).toBe('published')
  expect((await deployed.served()).keyspace).toEqual(deployed.today.keyspace)
  expect(await layers.warm.restatement(clicks.name)).toMatchObject({ waitsFor: null })
  expect(await deployed.restate()).toBe('none')
})

test('a definition that comes back finds its hot state and its segments', async () => {
  const deployed = await sealed()
  const first = deployed.today
  await deployed.deploy(PLANS[1] as StreamPlan)
  await foldIntoHot(layers, deployed.today)
  await deployed.restate()
  const generation = (await layers.hot.state(first.keyspace, 0))?.generation
  await deployed.deploy(first)
  await foldIntoHot(layers, first)
  expect(await deployed.restate()).toBe('published')
  expect((await layers.hot.state(first.keyspace, 0))?.generation).toBe(generation)
  expect((await deployed.served()).keyspace).toEqual(first.keyspace)
})

test('hot state that no pointer names is dropped a day after it was last used', async () => {
  const deployed = await sealed()
  const first = deployed.today
  await deployed.deploy(PLANS[1] as StreamPlan)
  await foldIntoHot(layers, deployed.today)
  await deployed.restate()
  const drop = () => dropUnused(layers.deps, clicks.name, [deployed.today])
  layers.nowMs += DAY_MS / 2
  await deployed.use()
  expect(await drop()).toEqual([])
  layers.nowMs += DAY_MS / 2
  expect(await drop()).toEqual([first.keyspace.viewSet])
  expect(await layers.hot.partitions(first.keyspace)).toEqual([])
  expect(await layers.hot.keyspaces()).toEqual([deployed.today.keyspace])
})

test('what cannot be computed is told, and the earlier definitions answer on', async () => {
  const deployed = await sealed()
  const before = await deployed.served()
  await deployed.deploy(PLANS[1] as StreamPlan)
  vi.spyOn(layers.lake, 'aggregate').mockRejectedValueOnce(new Error('no room on the disk'))
  await expect(restateStream(layers.deps, before, deployed.today, {})).rejects.toThrow('no room')
  expect(await layers.warm.restatement(clicks.name)).toMatchObject({
    failure: 'no room on the disk',
    waitsFor: 'segments',
  })
  expect((await deployed.served()).keyspace).toEqual(before.keyspace)
})
