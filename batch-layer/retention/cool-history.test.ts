import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { coarsen } from '../../core/cell/coarsen.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { coldResolution } from '../../core/define/cold-resolution.js'
import { segmentCells } from '../../stores/tiers/index.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { rollbackTo } from '../publish/rollback-to.js'
import { compileDiffLimits, publishRecomputed, recomputeStream } from '../restate/index.js'
import { byProduct, clicks, MARGIN_MS, START_MS, TwoLayers } from '../testing/two-layers.js'
import { coolHistory } from './cool-history.js'

const DAY_MS = 86_400_000
/** Everything that is two days late or more. */
const CUT_MS = START_MS - DAY_MS

// several seals per test, on a machine that may be busy
vi.setConfig({ testTimeout: 60_000 })

let layers: TwoLayers

beforeEach(async () => {
  layers = await TwoLayers.open()
  for (const epoch of [0, 1, 2]) {
    layers.at(epoch, 1_000)
    layers.click(0, 'tea', 2 + epoch)
    for (const minutes of [0, 7, 59, 61]) layers.click(1, 'rice', 3, 3 * DAY_MS + minutes * 60_000)
    await layers.speed()
    layers.at(epoch + 1, MARGIN_MS)
    await layers.seal(epoch)
  }
}, 60_000)
afterEach(() => layers.close())

const cool = (dryRun = false) => coolHistory(layers.deps, layers.plan, CUT_MS, {}, dryRun)
const segmentsInForce = async () =>
  ((await currentSnapshot(layers.warm, clicks.name))?.segments ?? []).filter(({ view }) => view === byProduct.name)

/** What is in force, read from whichever tier has it, by the hour; and the recount of the same records. */
async function expectExact(): Promise<void> {
  const source = segmentCells(layers.warm, layers.lake.cold)
  const lists = []
  for (const segment of await segmentsInForce())
    for (const day of segment.days) lists.push((await source.read(segment, day)).cells)
  const hourly = coarsen(byProduct, mergeEncoded(byProduct, lists), coldResolution(byProduct))
  expect(hourly).toEqual(coarsen(byProduct, await layers.recount(byProduct), coldResolution(byProduct)))
}

test('old days go to the cold tier and the answer by the hour stays; again there is nothing to do', async () => {
  const before = await segmentsInForce()
  expect(await cool(true)).toEqual({ copies: 3, segments: 3, days: 3 })
  expect(await layers.warm.tiers(before)).toEqual(new Map())
  expect(await cool()).toEqual({ copies: 3, segments: 3, days: 3 })
  expect(await cool()).toEqual({ copies: 0, segments: 0, days: 0 })
  for (const segment of before) {
    const [old, recent] = segment.days as [number, number]
    await expect(layers.warm.cells(segment.id, { fromDay: old, toDay: old })).rejects.toThrow('lacks cells')
    expect(await layers.warm.cells(segment.id, { fromDay: recent, toDay: recent })).toHaveLength(1)
  }
  await expectExact()
})

test('killed after any step it leaves what can be read, and is finished by doing it again', async () => {
  const { warm, lake } = layers
  const steps = [
    { ...layers.deps, lake: failing(lake, 'cold', failing(lake.cold, 'write')) },
    { ...layers.deps, warm: failing(warm, 'putCold') },
    { ...layers.deps, lake: failing(lake, 'cold', failing(lake.cold, 'check')) },
    { ...layers.deps, warm: failing(warm, 'dropDays') },
  ]
  for (const deps of steps) {
    await expect(coolHistory(deps, layers.plan, CUT_MS, {})).rejects.toThrow('killed')
    await expectExact()
  }
  await cool()
  await expectExact()
})

test('a copy that is damaged keeps the cells in MongoDB', async () => {
  const [segment] = await segmentsInForce()
  await expect(
    coolHistory({ ...layers.deps, warm: failing(layers.warm, 'dropDays') }, layers.plan, CUT_MS, {}),
  ).rejects.toThrow('killed')
  await rm(join(layers.root, clicks.name, 'cold'), { recursive: true })
  await expect(cool()).rejects.toThrow('cold file')
  expect(await layers.warm.cells(segment?.id ?? '')).toHaveLength(5)
})

test('a refresh over cooled days finds that nothing changed, and is cooled again', async () => {
  await cool()
  const work = await recomputeStream(layers.deps, layers.plan, {})
  const deps = { ...layers.deps, diffLimits: compileDiffLimits('0') }
  expect(await publishRecomputed(deps, layers.plan, work)).toMatchObject({ status: 'published', changedWindows: 0 })
  expect(await segmentsInForce()).toHaveLength(1)
  expect(await cool()).toEqual({ copies: 1, segments: 1, days: 1 })
  await expectExact()
})

test('what is rolled back to is read from its own cold copies', async () => {
  const first = await currentSnapshot(layers.warm, clicks.name)
  await cool()
  const deps = { ...layers.deps, diffLimits: compileDiffLimits(undefined) }
  await publishRecomputed(deps, layers.plan, await recomputeStream(layers.deps, layers.plan, {}))
  await rollbackTo(layers.deps, layers.plan, first?.id ?? '')
  expect(await segmentsInForce()).toHaveLength(3)
  await expectExact()
})

/** The same store, one call of which fails as if the process were killed before it; or with one member replaced. */
function failing<T extends object>(store: T, name: keyof T, replaced?: unknown): T {
  return new Proxy(store, {
    get(target, key) {
      if (key === name)
        return (
          replaced ??
          (() => {
            throw new Error('killed')
          })
        )
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
