import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { partitionsOf } from '../core/seam/index.js'
import { backfillSegments, publishBackfill } from './backfill/backfill-segments.js'
import { compareLayers } from './parity/compare-layers.js'
import { dropCovered } from './publish/drop-covered.js'
import { publishSegments, StaleSegmentsError } from './publish/publish-segments.js'
import { rollbackTo } from './publish/rollback-to.js'
import { buildSegments } from './segments/build-segments.js'
import { byProduct, cheap, clicks, FIRST_EPOCH, MARGIN_MS, TwoLayers } from './testing/two-layers.js'

let layers: TwoLayers

beforeEach(async () => {
  layers = await TwoLayers.open()
})

afterEach(() => layers.close())

/** Some clicks in both partitions, with a late one and a record that is refused. */
async function traffic(epoch: number): Promise<void> {
  layers.at(epoch, 1_000)
  layers.click(0, 'tea', 3)
  layers.click(1, 'rice', 12)
  layers.at(epoch, 20_000)
  layers.click(0, 'rice', 2, 3 * 60_000)
  layers.click(1, 'tea', -1)
  layers.poison(0)
  await layers.speed()
}

async function expectExact(): Promise<void> {
  for (const view of layers.plan.views) expect(await layers.answer(view)).toEqual(await layers.recount(view))
}

describe('each record is answered by exactly one layer', () => {
  test('before, during and after a publish', async () => {
    await traffic(0)
    await expectExact()
    await traffic(1)
    layers.at(1, MARGIN_MS + 20_000)
    await layers.sealOnly(0)
    await expectExact()
    const work = await buildSegments(layers.deps, layers.plan, {})
    await expectExact()
    await publishSegments(layers.deps, layers.plan, work)
    await expectExact()
    await dropCovered(layers.deps, layers.plan)
    await expectExact()
    const [state] = await Promise.all([layers.hot.state(layers.plan.keyspace, 0)])
    expect(state?.floor).toBe(FIRST_EPOCH + 1)
  })

  test('over many epochs, with pauses', async () => {
    for (const epoch of [0, 1, 4, 5, 9]) {
      await traffic(epoch)
      layers.at(epoch + 1, MARGIN_MS)
      const { parity } = await layers.seal(epoch)
      expect(parity).toMatchObject({ different: 0, uncompared: 0 })
      await layers.speed()
      await expectExact()
    }
    const snapshots = await layers.warm.snapshots(clicks.name, 10)
    expect(snapshots[0]?.views.every((view) => !view.building)).toBe(true)
  })

  test('when a seal is repeated from any of its steps', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    const first = await layers.seal(0)
    await layers.speed()
    const again = await layers.seal(0)
    expect(again.work).toMatchObject({ pending: false, fresh: [], history: [] })
    expect(again.snapshot?.id).toBe(first.snapshot?.id)
    expect((await publishSegments(layers.deps, layers.plan, first.work))?.id).toBe(first.snapshot?.id)
    await expectExact()
  })

  test('after Redis was wiped: hot state starts behind the boundary', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    await layers.seal(0)
    await traffic(1)
    layers.hot.wipe()
    await layers.speed()
    await expectExact()
  })
})

describe('parity', () => {
  test('is equal for every view, partition and epoch, ledger included, and stored', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    await layers.speed()
    const { parity } = await layers.seal(0)
    expect(parity).toEqual({ equal: 4, different: 0, uncompared: 0, pending: 0, reasons: [] })
    const stored = await layers.warm.parity({ stream: clicks.name, limit: 10 })
    expect(stored.map((p) => [p.view, p.partition, p.outcome]).sort()).toEqual([
      ['clicks-by-product', 0, 'equal'],
      ['clicks-by-product', 1, 'equal'],
      ['clicks.ledger', 0, 'equal'],
      ['clicks.ledger', 1, 'equal'],
    ])
    expect(stored.every((p) => p.toEpoch === FIRST_EPOCH + 1)).toBe(true)
  })

  test('says different, with the first difference, where hot state was changed', async () => {
    await traffic(0)
    const { keyspace } = layers.plan
    const loaded = await layers.hot.load(keyspace, 0)
    const cell = loaded?.cells.find((c) => c.view === byProduct.name && c.resolutionMs === 60_000)
    if (!loaded || !cell) throw new Error('no cell to change')
    // a flush that counts one record too many
    layers.log.append(0, null, 'hidden')
    const { generation, next, floor, epoch } = loaded.state
    const registers = cell.registers.replace(/^\d+/, (n) => `${Number(n) + 1}`)
    await layers.hot.apply(keyspace, 0, {
      generation,
      from: next,
      to: next + 1,
      floor,
      epoch,
      maxEventTimeMs: null,
      last: null,
      nonce: 'wrong',
      cells: [{ ...cell, registers }],
    })
    layers.at(1, MARGIN_MS)
    const { parity } = await layers.seal(0)
    expect(parity).toMatchObject({ equal: 3, different: 1 })
    expect(parity.reasons[0]).toContain(cell.key)
  })

  test('says different where a coarser window is not the merge of the finer ones', async () => {
    await traffic(0)
    const { keyspace } = layers.plan
    const loaded = await layers.hot.load(keyspace, 1)
    const cell = loaded?.cells.find((c) => c.resolutionMs === 300_000)
    if (!loaded || !cell) throw new Error('no cell to change')
    layers.log.append(1, null, 'hidden')
    const { generation, next, floor, epoch } = loaded.state
    await layers.hot.apply(keyspace, 1, {
      generation,
      from: next,
      to: next + 1,
      floor,
      epoch,
      maxEventTimeMs: null,
      last: null,
      nonce: 'wrong',
      cells: [{ ...cell, registers: cell.registers.replace(/^\d+/, '77') }],
    })
    layers.at(1, MARGIN_MS)
    const { parity } = await layers.seal(0)
    expect(parity.different).toBe(1)
    expect(parity.reasons[0]).toContain('windows of 300000 ms')
  })

  test('waits for the speed layer, never holds the publish, and is made up for before the drop', async () => {
    await traffic(0)
    layers.at(0, 30_000)
    layers.click(0, 'tea')
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    const work = await buildSegments(layers.deps, layers.plan, {})
    const before = await compareLayers(layers.deps, layers.plan, work.fresh, {})
    expect(before).toMatchObject({ uncompared: 2, pending: 2, equal: 2 })
    expect(before.reasons[0]).toContain('has reached offset')
    await publishSegments(layers.deps, layers.plan, work)
    await layers.speed()
    expect(await compareLayers(layers.deps, layers.plan, work.fresh, {})).toMatchObject({ equal: 4, pending: 0 })
  })

  test('is uncompared, for good, where hot state began later or is not there', async () => {
    layers.at(0, 1_000)
    layers.click(0, 'tea')
    layers.at(1, MARGIN_MS)
    const { parity } = await layers.seal(0)
    expect(parity).toMatchObject({ equal: 0, different: 0, uncompared: 2, pending: 0 })
    expect(parity.reasons).toEqual(['partition 0 has no hot state'])
  })
})

describe('the ledger', () => {
  test('balances per partition and epoch', async () => {
    await traffic(0)
    layers.log.begin(0).end(false)
    layers.at(1, MARGIN_MS)
    await layers.seal(0)
    const ledger = await layers.warm.ledger({ stream: clicks.name, limit: 10 })
    const zero = ledger.find((entry) => entry.partition === 0)
    expect(zero).toMatchObject({
      read: 3,
      accepted: 2,
      rejected: 1,
      duplicates: 0,
      lost: 0,
      rest: 1,
      reasons: { json: 1 },
    })
    const one = ledger.find((entry) => entry.partition === 1)
    expect(one).toMatchObject({ read: 2, accepted: 1, rejected: 1, reasons: { 'price-negative': 1 } })
  })

  test('counts records of an epoch whose partition stayed open under their own epoch', async () => {
    layers.set({ ticks: false })
    layers.at(0, 1_000)
    layers.click(0, 'tea')
    layers.at(1, MARGIN_MS)
    await layers.seal(0)
    layers.at(1, 30_000)
    layers.click(0, 'tea')
    layers.at(2, 1_000)
    layers.click(0, 'tea')
    layers.at(2, MARGIN_MS)
    await layers.speed()
    const { parity } = await layers.seal(1)
    expect(parity).toMatchObject({ different: 0, uncompared: 0 })
    const ledger = await layers.warm.ledger({ stream: clicks.name, limit: 10 })
    const read = ledger.map((entry) => [entry.epoch - FIRST_EPOCH, entry.read]).sort()
    expect(read).toEqual([
      [0, 1],
      [1, 1],
    ])
  })
})

describe('publishing', () => {
  test('a lost compare-and-set builds on the newer snapshot and keeps what the other run replaced', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    await layers.seal(0)
    await traffic(1)
    layers.at(2, MARGIN_MS)
    await layers.sealOnly(1)
    const work = await buildSegments(layers.deps, layers.plan, {})
    const [published] = await layers.warm.snapshots(clicks.name, 1)
    if (!published) throw new Error('nothing published')
    // a rollback slips in between reading the pointer and moving it
    const { warm } = layers
    let slipped = false
    const racing = new Proxy(warm, {
      get(target, name: keyof typeof warm) {
        if (name !== 'publish') return target[name].bind(target)
        return async (snapshot: Parameters<typeof warm.publish>[0]) => {
          if (!slipped) {
            slipped = true
            await rollbackTo(layers.deps, layers.plan, published.id)
          }
          return target.publish(snapshot)
        }
      },
    })
    const snapshot = await publishSegments({ ...layers.deps, warm: racing }, layers.plan, work)
    expect(snapshot?.sequence).toBe(published.sequence + 2)
    await expectExact()
  })

  test('segments behind a boundary that another run moved are computed again, not published', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    await layers.sealOnly(0)
    const slow = await buildSegments(layers.deps, layers.plan, {})
    await traffic(1)
    layers.at(2, MARGIN_MS)
    await layers.seal(1)
    await expect(publishSegments(layers.deps, layers.plan, slow)).rejects.toBeInstanceOf(StaleSegmentsError)
    await layers.seal(1)
    await expectExact()
  })

  test('rollback after the drop brings back old contents and leaves the boundary', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    const first = await layers.seal(0)
    await traffic(1)
    layers.at(2, MARGIN_MS)
    const second = await layers.seal(1)
    if (!first.snapshot || !second.snapshot) throw new Error('nothing published')
    const back = await rollbackTo(layers.deps, layers.plan, first.snapshot.id)
    expect(partitionsOf(back.boundary)).toEqual(partitionsOf(second.snapshot.boundary))
    expect(back.reason).toBe('rollback')
    await expectExact()
    await traffic(2)
    layers.at(3, MARGIN_MS)
    await layers.seal(2)
    await expectExact()
  })

  test('aliases show the segments in force that have cells, and nothing moves them twice', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    const { snapshot } = await layers.seal(0)
    const wanted = snapshot?.segments.filter((s) => s.view === byProduct.name && s.cells > 0).map((s) => s.id)
    expect(layers.search.aliases.get(byProduct.name)).toEqual(wanted)
    // one document per cell of an hour
    const cells = layers.search.cells.get(wanted?.[0] ?? '')
    expect(cells?.every(({ key }) => Number(JSON.parse(key)[0]) % 3_600_000 === 0)).toBe(true)
  })
})

describe('a changed set of views', () => {
  test('a new view is computed over all sealed epochs by the next seal, the others keep their segments', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    const first = await layers.seal(0)
    layers.define([byProduct, cheap])
    await traffic(1)
    layers.at(2, MARGIN_MS)
    const second = await layers.seal(1)
    expect(second.work.building).toEqual([cheap.name])
    const kept = first.snapshot?.segments.filter((s) => s.view === byProduct.name).map((s) => s.id) ?? []
    expect(second.snapshot?.segments.map((s) => s.id)).toEqual(expect.arrayContaining(kept))
    expect(second.snapshot?.views.every((view) => !view.building)).toBe(true)
    await layers.speed()
    await expectExact()
  })

  test('a new view becomes whole without a seal where nothing new was sealed', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    await layers.seal(0)
    layers.define([byProduct, cheap])
    const { work, snapshot } = await layers.seal(0)
    expect(work.building).toEqual([cheap.name])
    expect(snapshot?.views.find((view) => view.name === cheap.name)).toMatchObject({ building: false })
    await layers.speed()
    await expectExact()
  })
})

describe('backfill', () => {
  test('of unchanged files changes nothing', async () => {
    await traffic(0)
    layers.at(1, MARGIN_MS)
    const { snapshot } = await layers.seal(0)
    const range = { fromEpoch: FIRST_EPOCH, toEpoch: FIRST_EPOCH + 1 }
    const work = await backfillSegments(layers.deps, layers.plan, range, {})
    expect(work).toMatchObject({ changed: 0 })
    expect(work.segments).toHaveLength(2)
    expect((await publishBackfill(layers.deps, layers.plan, work))?.id).toBe(snapshot?.id)
    await expectExact()
  })

  test('touches only the epochs and the view asked for', async () => {
    for (const epoch of [0, 1, 2]) {
      await traffic(epoch)
      layers.at(epoch + 1, MARGIN_MS)
      await layers.seal(epoch)
    }
    const range = { fromEpoch: FIRST_EPOCH + 1, toEpoch: FIRST_EPOCH + 2, view: byProduct.name }
    const work = await backfillSegments(layers.deps, layers.plan, range, {})
    expect(work.segments).toHaveLength(1)
    await expect(backfillSegments(layers.deps, layers.plan, { ...range, view: 'other' }, {})).rejects.toThrow(
      'feeds no view "other"',
    )
  })
})
