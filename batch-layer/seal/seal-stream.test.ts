import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EpochManifest } from '../../core/seam/index.js'
import { LostRangeError } from '../../stores/log/index.js'
import { clicks, EPOCH_MS, FIRST_EPOCH, MARGIN_MS, TwoLayers } from '../testing/two-layers.js'
import { EpochNotOverError, TopicChangedError } from './seal-errors.js'

let layers: TwoLayers

beforeEach(async () => {
  layers = await TwoLayers.open()
})

afterEach(() => layers.close())

async function manifest(epoch: number): Promise<EpochManifest> {
  const found = await layers.lake.manifest(clicks.name, FIRST_EPOCH + epoch, EPOCH_MS)
  if (found === null) throw new Error(`epoch ${epoch} is not sealed`)
  return found
}

async function partition(epoch: number, number: number) {
  const found = (await manifest(epoch)).partitions.find((p) => p.partition === number)
  if (found === undefined) throw new Error(`partition ${number} is not in epoch ${epoch}`)
  return found
}

/** One record in each of two epochs, so that the first can be cut. */
function twoEpochs(number: number): void {
  layers.at(0, 1_000)
  layers.click(number, 'tea')
  layers.at(1, 1_000)
  layers.click(number, 'rice')
}

describe('sealing an epoch', () => {
  test('ends each partition at the first record of a later epoch', async () => {
    twoEpochs(0)
    layers.at(0, 2_000)
    layers.poison(1)
    layers.at(1, MARGIN_MS)
    layers.click(1, 'tea')
    const sealed = await layers.sealOnly(0)
    expect(sealed).toMatchObject({ read: 2, accepted: 1, rejected: 1, open: [] })
    expect(await partition(0, 0)).toMatchObject({
      from: 0,
      to: 1,
      epoch: FIRST_EPOCH + 1,
      open: false,
      read: 1,
      accepted: 1,
    })
    expect(await partition(0, 1)).toMatchObject({ from: 0, to: 1, rejected: 1, last: { offset: 0 } })
    await layers.lake.checkFiles(await manifest(0))
  })

  test('is refused before the end plus the margin by the clock that is passed in', async () => {
    twoEpochs(0)
    layers.at(1, MARGIN_MS - 1)
    await expect(layers.sealOnly(0)).rejects.toBeInstanceOf(EpochNotOverError)
    layers.at(1, MARGIN_MS)
    await expect(layers.sealOnly(0)).resolves.toMatchObject({ read: 1 })
  })

  test('twice is the same as once', async () => {
    twoEpochs(0)
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    const first = await manifest(0)
    expect(await layers.sealOnly(0)).toMatchObject({ read: 0, fromEpoch: FIRST_EPOCH + 1, toEpoch: FIRST_EPOCH + 1 })
    expect(await manifest(0)).toEqual(first)
  })

  test('adopts the manifest of a run that was faster', async () => {
    twoEpochs(0)
    layers.at(1, MARGIN_MS)
    layers.log.beforeRead = async () => {
      await layers.sealOnly(0)
    }
    expect(await layers.sealOnly(0)).toMatchObject({ fromEpoch: FIRST_EPOCH + 1 })
    expect((await layers.lake.manifests(clicks.name)).length).toBe(1)
    // the parts of the slower run are named by no manifest
    layers.at(10_000)
    expect(await layers.lake.sweep(clicks.name, Date.now() + 1_000, 0)).toBe(1)
    await layers.lake.checkFiles(await manifest(0))
  })

  test('a stream without records has nothing to seal', async () => {
    layers.at(5)
    expect(await layers.sealOnly(3)).toMatchObject({ read: 0, open: [] })
    expect(await layers.lake.lastManifest(clicks.name)).toBeNull()
    expect(layers.log.reads).toBe(0)
  })
})

describe('every unsealed epoch is sealed, in order', () => {
  test('after a long pause one read of each partition serves them all', async () => {
    for (const epoch of [0, 2, 5]) {
      layers.at(epoch, 1_000)
      layers.click(0, 'tea')
      layers.click(0, 'rice')
    }
    layers.at(7)
    const sealed = await layers.sealOnly(5)
    expect(sealed).toMatchObject({ fromEpoch: FIRST_EPOCH, toEpoch: FIRST_EPOCH + 6, read: 6 })
    const manifests = await layers.lake.manifests(clicks.name)
    expect(manifests.map((m) => m.epoch - FIRST_EPOCH)).toEqual([0, 1, 2, 3, 4, 5])
    expect(manifests.map((m) => m.partitions[0]?.read)).toEqual([2, 0, 2, 0, 0, 2])
    expect(await partition(1, 0)).toMatchObject({ from: 2, to: 2, open: false, epoch: FIRST_EPOCH + 2 })
    // one range per partition, and one more after the tick that the last epoch needed; the empty partition is not read
    expect(layers.log.reads).toBe(2)
    expect(layers.log.ticks).toBe(1)
  })

  test('a broker clock that steps back puts no record into a sealed epoch', async () => {
    layers.at(3, 1_000)
    layers.click(0, 'tea')
    layers.brokerSkewMs = -3 * EPOCH_MS
    layers.click(0, 'rice')
    layers.brokerSkewMs = 0
    layers.at(4, MARGIN_MS)
    layers.click(0, 'tea')
    await layers.sealOnly(3)
    expect((await layers.lake.manifests(clicks.name)).length).toBe(1)
    expect(await partition(3, 0)).toMatchObject({ from: 0, to: 2, read: 2 })
  })
})

describe('a partition without a record of a later epoch', () => {
  test('gets one tick where it holds data, and no more while it stays idle', async () => {
    layers.at(0, 1_000)
    layers.click(0, 'tea')
    for (let epoch = 0; epoch < 20; epoch++) {
      layers.at(epoch + 1, MARGIN_MS)
      await layers.sealOnly(epoch)
    }
    expect(layers.log.ticks).toBe(1)
    expect(await partition(0, 0)).toMatchObject({ to: 1, read: 1, open: false })
    expect(await partition(19, 0)).toMatchObject({ from: 1, to: 1, open: true, epoch: FIRST_EPOCH + 1 })
    // reads: the data, behind the tick, and once more to see that the tick is all there is
    expect(layers.log.reads).toBe(3)
    layers.at(20, 10_000)
    layers.click(0, 'rice')
    layers.at(21, MARGIN_MS)
    await layers.sealOnly(20)
    expect(await partition(20, 0)).toMatchObject({ from: 1, to: 3, read: 1, ticks: 1, open: false })
  })

  test('stays open where the broker clock lags so far that the tick does not help', async () => {
    layers.brokerSkewMs = -30_000
    layers.at(0, 40_000)
    layers.click(0, 'tea')
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    expect(layers.log.ticks).toBe(1)
    expect(await partition(0, 0)).toMatchObject({ from: 0, to: 0, open: true, epoch: 0, read: 0, files: [] })
    layers.at(1, 40_000)
    layers.click(0, 'rice')
    layers.at(3)
    await layers.sealOnly(1)
    // tea and the first tick of epoch 0, rice of epoch 1; the second tick of epoch 2 ends it
    expect(await partition(1, 0)).toMatchObject({ from: 0, to: 3, open: false, read: 2, ticks: 1 })
  })

  test('stays open where the topic is not ours to write to', async () => {
    layers.set({ ticks: false })
    layers.at(0, 1_000)
    layers.click(0, 'tea')
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    expect(layers.log.ticks).toBe(0)
    expect(await partition(0, 0)).toMatchObject({ open: true, to: 0 })
  })

  test('gets a tick before the broker forgets the record at its boundary', async () => {
    layers.at(0, 1_000)
    layers.click(0, 'tea')
    layers.set({ keepAliveMs: 10 * EPOCH_MS })
    for (let epoch = 0; epoch < 25; epoch++) {
      layers.at(epoch + 1, MARGIN_MS)
      await layers.sealOnly(epoch)
    }
    expect(layers.log.ticks).toBe(3)
    const boundary = await partition(24, 0)
    expect(boundary).toMatchObject({ open: true, to: 3 })
  })
})

describe('transactions', () => {
  test('one that is open across a seal holds its partition open, and is sealed with the epoch of its records when it commits', async () => {
    layers.at(0, 1_000)
    layers.click(0, 'tea')
    const transaction = layers.log.begin(0)
    transaction.append('{"at":"2024-01-01T12:00:02Z","product":"rice","price":2,"member":null}')
    layers.at(1, 1_000)
    layers.click(0, 'tea')
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    expect(await partition(0, 0)).toMatchObject({ open: true, from: 0, to: 0 })
    transaction.end(true)
    layers.at(2, MARGIN_MS)
    await layers.sealOnly(1)
    expect(await partition(1, 0)).toMatchObject({ from: 0, read: 3, accepted: 3, open: false })
  })

  test('an aborted one takes offsets and no rows', async () => {
    layers.at(0, 1_000)
    const transaction = layers.log.begin(0)
    transaction.append('{"product":"never"}')
    transaction.end(false)
    layers.click(0, 'tea')
    layers.at(1, 1_000)
    layers.click(0, 'rice')
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    expect(await partition(0, 0)).toMatchObject({ from: 0, to: 3, read: 1, accepted: 1, rejected: 0, ticks: 0 })
  })
})

describe('the topic changes', () => {
  test('a partition that is added begins at its earliest offset', async () => {
    twoEpochs(0)
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    layers.log.addPartition()
    layers.at(1, 30_000)
    layers.click(2, 'new')
    layers.at(2, MARGIN_MS)
    await layers.sealOnly(1)
    expect(await partition(1, 2)).toMatchObject({ from: 0, to: 1, read: 1, open: false })
  })

  test('offsets that were deleted before they were sealed are named, and nothing is skipped', async () => {
    twoEpochs(0)
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    layers.click(0, 'lost')
    layers.click(0, 'lost')
    await layers.log.deleteRecords(clicks.topic, 0, 3)
    layers.at(2, MARGIN_MS)
    await expect(layers.sealOnly(1)).rejects.toMatchObject(
      expect.objectContaining<Partial<LostRangeError>>({ name: 'LostRangeError', partition: 0, from: 1, to: 3 }),
    )
    expect((await layers.lake.lastManifest(clicks.name))?.epoch).toBe(FIRST_EPOCH)
  })

  test('hot state from before what the log still has is no reason to begin later', async () => {
    twoEpochs(0)
    await layers.speed()
    await layers.log.deleteRecords(clicks.topic, 0, 1)
    layers.at(1, MARGIN_MS)
    await expect(layers.sealOnly(0)).rejects.toBeInstanceOf(LostRangeError)
  })

  test('a log that ends before what was sealed was recreated', async () => {
    twoEpochs(0)
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    const recreated = await TwoLayers.open()
    try {
      const deps = { ...layers.deps, log: recreated.log }
      layers.at(2, MARGIN_MS)
      await expect(
        (await import('./seal-stream.js')).sealStream(
          { ...deps, openArchiver: () => Promise.reject(new Error('nothing to archive')) },
          layers.plan,
          FIRST_EPOCH + 1,
          {},
        ),
      ).rejects.toBeInstanceOf(TopicChangedError)
    } finally {
      await recreated.close()
    }
  })
})
