import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clickJson } from '../testing/shop.js'
import { byProduct, EPOCH_MS, FIRST_EPOCH, START_MS, TwoLayers } from '../testing/two-layers.js'
import { EpochAheadError, ReleaseRefusedError, TopicChangedError } from './seal-errors.js'

const YEAR_MS = 365 * 86_400_000

let layers: TwoLayers

beforeEach(async () => {
  layers = await TwoLayers.open()
  layers.at(0, 1_000)
})
afterEach(() => layers.close())

async function expectExact(): Promise<void> {
  await layers.speed()
  for (const view of layers.plan.views) expect(await layers.answer(view)).toEqual(await layers.recount(view))
}

/** A record at the broker's time, its event at the true one. */
function mad(partition: number, product: string): void {
  layers.brokerSkewMs = YEAR_MS
  layers.log.append(partition, clickJson(layers.nowMs, product, 1))
  layers.brokerSkewMs = 0
}

describe('a broker clock that runs ahead', () => {
  it('halts the partition by name, until a cut puts its records into the epoch before', async () => {
    layers.click(0, 'a')
    mad(0, 'b')
    mad(0, 'c')
    layers.click(0, 'd')
    layers.click(1, 'e')
    await layers.speed()
    layers.at(1, 6_000)
    const halted = await layers.seal(0).catch((error: unknown) => error)
    expect(halted).toBeInstanceOf(EpochAheadError)
    expect((halted as Error).message).toMatch(/partition 0 is halted: .*offset 1 .*--cut 0@1-3=20240101T120000Z/)

    const cuts = [{ partition: 0, offset: 1, to: 3, epoch: FIRST_EPOCH }]
    expect((await layers.sealOnly(0, { cuts, lost: [] })).read).toBe(5)
    // what was folded before the cut is gone, and folded again under it
    expect(await layers.hot.state(layers.plan.keyspace, 0)).toBeNull()
    await layers.speed()
    const { parity } = await layers.seal(0)
    expect(parity.different).toBe(0)
    expect((await layers.lake.lastManifest('clicks'))?.cuts).toEqual(cuts)
    await expectExact()

    layers.click(0, 'f')
    await layers.speed()
    layers.at(2, 6_000)
    const next = await layers.seal(1)
    expect(next.parity).toMatchObject({ different: 0, uncompared: 0 })
    expect((await layers.lake.lastManifest('clicks'))?.cuts).toEqual(cuts)
    await expectExact()
  })

  it('is not believed by a cut that is itself ahead, that lies in what is sealed, or beyond the end', async () => {
    layers.click(0, 'a')
    layers.at(1, 6_000)
    await layers.seal(0)
    const refused = (cut: { offset: number; to: number; epoch: number }) =>
      expect(layers.sealOnly(1, { cuts: [{ partition: 0, ...cut }], lost: [] })).rejects.toThrow(ReleaseRefusedError)
    layers.at(2, 6_000)
    await refused({ offset: 0, to: 1, epoch: FIRST_EPOCH })
    await refused({ offset: 1, to: 99, epoch: FIRST_EPOCH })
    await refused({ offset: 1, to: 2, epoch: FIRST_EPOCH + (3 * 86_400_000) / EPOCH_MS })
    expect(await layers.releases.of('clicks')).toEqual({ cuts: [], lost: [] })
  })
})

describe('records that the broker deleted before they were sealed', () => {
  it('halt the partition by name, until they are given up: then both layers agree, and the ledger says lost', async () => {
    layers.click(0, 'a')
    layers.click(1, 'x')
    layers.at(1, 6_000)
    await layers.speed()
    await layers.seal(0)
    const from = (await layers.lake.lastManifest('clicks'))?.partitions[0]?.to as number
    // the tick that ended the first epoch lies at `from`
    for (const product of ['b', 'c', 'd']) layers.click(0, product)
    await layers.speed()
    await layers.log.deleteRecords('clicks', 0, from + 3)
    layers.at(2, 6_000)
    await expect(layers.seal(1)).rejects.toThrow(`--accept-loss 0:${from}-${from + 3}`)
    const give = (range: { from: number; to: number }) =>
      layers.sealOnly(1, { cuts: [], lost: [{ partition: 0, ...range }] })
    await expect(give({ from, to: from + 4 })).rejects.toThrow(ReleaseRefusedError)
    await expect(give({ from: from + 1, to: from + 3 })).rejects.toThrow(`has lost 0:${from}-${from + 3}`)

    await give({ from, to: from + 3 })
    await layers.speed()
    const { parity } = await layers.seal(1)
    expect(parity).toMatchObject({ different: 0 })
    const sealed = (await layers.lake.lastManifest('clicks'))?.partitions[0]
    expect(sealed).toMatchObject({ from, lost: [{ from, to: from + 3 }] })
    const ledger = await layers.warm.ledger({ stream: 'clicks', limit: 100 })
    expect(ledger.filter(({ partition }) => partition === 0).reduce((sum, { lost }) => sum + lost, 0)).toBe(3)
    for (const { read, accepted, rejected, duplicates } of ledger) expect(read).toBe(accepted + rejected + duplicates)

    const clicks = await layers.answer(byProduct)
    expect(clicks.map(({ key }) => key).filter((key) => /"b"|"c"/.test(key))).toEqual([])
    expect(clicks.some(({ key }) => key.includes('"d"'))).toBe(true)
  })

  it('of a partition that was never sealed are in its first manifest', async () => {
    for (const product of ['a', 'b', 'c']) layers.click(0, product)
    await layers.speed()
    await layers.log.deleteRecords('clicks', 0, 2)
    layers.at(1, 6_000)
    await expect(layers.seal(0)).rejects.toThrow('--accept-loss 0:0-2')
    await layers.sealOnly(0, { cuts: [], lost: [{ partition: 0, from: 0, to: 2 }] })
    const sealed = (await layers.lake.lastManifest('clicks'))?.partitions[0]
    expect(sealed).toMatchObject({ from: 0, lost: [{ from: 0, to: 2 }], read: 1 })
  })
})

describe('a topic that was deleted and created again', () => {
  it('is refused by name, even where it holds as many records as were sealed', async () => {
    layers.click(0, 'a')
    layers.click(1, 'b')
    layers.at(1, 6_000)
    await layers.seal(0)
    layers.log.recreate()
    layers.at(1, 7_000)
    for (let i = 0; i < 9; i++) for (const partition of [0, 1]) layers.click(partition, 'new')
    layers.at(2, 6_000)
    const refused = await layers.seal(1).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(TopicChangedError)
    expect((refused as Error).message).toMatch(
      new RegExp(`offset 0 a record of ${new Date(START_MS + 1_000).toISOString()} .*tandem stream reset`),
    )
  })
})
