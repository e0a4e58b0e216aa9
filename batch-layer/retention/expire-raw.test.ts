import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { defineView } from '../../core/index.js'
import { count } from '../../core/measure/count.js'
import { backfillPieces } from '../backfill/backfill-pieces.js'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { rollbackTo } from '../publish/rollback-to.js'
import { compileDiffLimits, publishRecomputed, recomputeStream } from '../restate/index.js'
import { byProduct, clicks, EPOCH_MS, FIRST_EPOCH, MARGIN_MS, TwoLayers } from '../testing/two-layers.js'
import { expireOldRaw } from './expire-raw.js'

// several seals per test, on a machine that may be busy
vi.setConfig({ testTimeout: 60_000 })

let layers: TwoLayers

beforeEach(async () => {
  layers = await TwoLayers.open()
  for (const epoch of [0, 1, 2, 3, 4]) await sealEpoch(epoch)
}, 60_000)
afterEach(() => layers.close())

async function sealEpoch(epoch: number): Promise<void> {
  layers.at(epoch, 1_000)
  layers.click(0, 'tea', 2 + epoch)
  layers.click(1, 'rice', 1.25, 3_600_000)
  layers.poison(0)
  await layers.speed()
  layers.at(epoch + 1, MARGIN_MS)
  await layers.seal(epoch)
}

/** Epochs before one, counted from the first, are old enough. */
const expire = (epoch: number, dryRun = false) =>
  expireOldRaw(layers.deps, layers.plan, (FIRST_EPOCH + epoch) * EPOCH_MS, {}, dryRun)
const inForce = async () => {
  const snapshot = await currentSnapshot(layers.warm, clicks.name)
  if (snapshot === null) throw new Error('nothing is in force')
  return snapshot
}
const refresh = async () => {
  const work = await recomputeStream(layers.deps, layers.plan, {})
  const published = await publishRecomputed({ ...layers.deps, diffLimits: compileDiffLimits('0') }, layers.plan, work)
  return { work, published }
}
const expectExact = async () => {
  await layers.speed()
  expect(await layers.answer(byProduct)).toEqual(await layers.recount(byProduct))
}

test('raw files go once what is in force covers them with cold copies; manifests stay, and answers too', async () => {
  const [file] = (await layers.lake.manifests(clicks.name))[0]?.partitions[0]?.files ?? []
  expect(await expire(2, true)).toEqual({ epochs: 2, kept: null })
  expect(await layers.lake.rawFrom(clicks.name)).toBe(0)
  expect(await expire(2)).toEqual({ epochs: 2, kept: null })
  expect(await expire(2)).toEqual({ epochs: 0, kept: null })
  expect(existsSync(join(layers.root, file?.file ?? ''))).toBe(false)
  expect(await layers.lake.manifests(clicks.name)).toHaveLength(5)
  const old = (await inForce()).segments.filter(
    ({ view, ranges }) => view === byProduct.name && ranges.some(({ to }) => to.epoch <= FIRST_EPOCH + 2),
  )
  expect((await layers.warm.tiers(old)).size).toBe(2)
  await expectExact()
  await sealEpoch(5)
  await expectExact()
})

test('the epochs next to the boundary stay, however short the time', async () => {
  expect(await expire(100)).toEqual({ epochs: 3, kept: null })
  expect(await layers.lake.rawFrom(clicks.name)).toBe(FIRST_EPOCH + 3)
})

test('a refresh keeps what is in force of expired epochs and compacts the others', async () => {
  await expire(2)
  const { work, published } = await refresh()
  expect(published).toMatchObject({ status: 'published', changedWindows: 0 })
  // the three epochs that are left, of the view and of the ledger
  expect(work.segments).toHaveLength(2)
  expect((await inForce()).segments).toHaveLength(6)
  await expectExact()
  await sealEpoch(5)
  expect((await refresh()).published).toMatchObject({ status: 'published', changedWindows: 0 })
  await expectExact()
})

test('a backfill leaves segments of expired epochs out', async () => {
  await expire(2)
  const scope = { fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER, view: byProduct.name, only: 'all' } as const
  expect(await backfillPieces(layers.deps, layers.plan, await inForce(), scope)).toHaveLength(3)
})

test('a rollback across a compaction says that the raw files are gone; one that needs none of them works', async () => {
  const hourly = await inForce()
  for (const epoch of [5, 6]) await sealEpoch(epoch)
  await refresh()
  const compacted = await inForce()
  for (const epoch of [7, 8, 9]) await sealEpoch(epoch)
  await expire(100)
  await expect(rollbackTo(layers.deps, layers.plan, hourly.id)).rejects.toThrow('raw files have expired')
  await expect(rollbackTo(layers.deps, layers.plan, compacted.id)).resolves.toMatchObject({ reason: 'rollback' })
  await expectExact()
})

test('another definition is refused over expired epochs, and may begin behind them', async () => {
  await expire(2)
  const from = { from: clicks, by: () => ({}), measures: () => ({ clicks: count() }), windows: ['1m'] }
  const everything = defineView('everything', from)
  layers.define([byProduct, everything])
  expect(await expire(3)).toMatchObject({ epochs: 0, kept: expect.stringContaining('"everything" is not in force') })
  const since = new Date((FIRST_EPOCH + 2) * EPOCH_MS).toISOString()
  await expect(recomputeStream(layers.deps, layers.plan, {})).rejects.toThrow(`says so with since: '${since}'`)
  const later = defineView('everything', { ...from, since })
  layers.define([byProduct, later])
  await refresh()
  expect((await inForce()).views.find(({ name }) => name === 'everything')).toMatchObject({ building: false })
  await layers.speed()
  const counted = (await layers.answer(later)).reduce(
    (sum, { registers }) => sum + (decodeRegisters(later.registers, registers)[0] as number),
    0,
  )
  expect(counted).toBe(6)
})
