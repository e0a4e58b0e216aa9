import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { currentSnapshot } from '../publish/current-snapshot.js'
import { approveHeld, rejectHeld } from '../publish/decide-held.js'
import { rollbackTo } from '../publish/rollback-to.js'
import { falsify } from '../testing/falsify.js'
import { byProduct, cheap, clicks, MARGIN_MS, TwoLayers } from '../testing/two-layers.js'
import { compileDiffLimits } from './diff-limits.js'
import { publishRecomputed } from './publish-recomputed.js'
import { recomputeStream } from './recompute-stream.js'

let layers: TwoLayers

beforeEach(async () => {
  layers = await TwoLayers.open()
  for (const epoch of [0, 1, 2]) await sealEpoch(epoch)
})

afterEach(() => layers.close())

async function sealEpoch(epoch: number): Promise<void> {
  layers.at(epoch, 1_000)
  layers.click(0, 'tea', 2 + epoch)
  layers.click(0, 'rice', 1.25, 3_600_000)
  layers.click(1, 'tea', 3)
  layers.click(1, 'salt', -3)
  layers.poison(0)
  await layers.speed()
  layers.at(epoch + 1, MARGIN_MS)
  await layers.seal(epoch)
}

const deps = () => ({ ...layers.deps, diffLimits: compileDiffLimits(undefined) })
const inForce = async () => {
  const snapshot = await currentSnapshot(layers.warm, clicks.name)
  if (snapshot === null) throw new Error('nothing is in force')
  return snapshot
}

async function refresh(options: Parameters<typeof recomputeStream>[3] = {}) {
  const work = await recomputeStream(layers.deps, layers.plan, {}, options)
  return { work, published: await publishRecomputed(deps(), layers.plan, work) }
}

async function expectExact(): Promise<void> {
  await layers.speed()
  for (const view of layers.plan.views) expect(await layers.answer(view)).toEqual(await layers.recount(view))
}

describe('recomputing from raw', () => {
  test('leaves fewer segments and the same numbers', async () => {
    const before = await inForce()
    const { work, published } = await refresh()
    expect(published).toMatchObject({ status: 'published', changedWindows: 0 })
    const after = await inForce()
    expect(before.segments).toHaveLength(6)
    expect(after).toMatchObject({ id: published.snapshot, reason: 'refresh', boundary: before.boundary })
    expect(after.segments.map(({ id }) => id)).toEqual(work.segments)
    expect(work).toMatchObject({ views: 2, records: 15, computed: 2 })
    expect(work.segments).toHaveLength(2)
    await expectExact()
  })

  test('is cut to whole epochs where the history is long, and goes on after later seals', async () => {
    await refresh({ maxRows: 10 })
    expect((await inForce()).segments).toHaveLength(3)
    await sealEpoch(3)
    await refresh({ maxRows: 10 })
    expect((await inForce()).segments).toHaveLength(3)
    await expectExact()
  })

  test('a second time computes nothing, publishes nothing and has the same checksum', async () => {
    const first = await refresh()
    const second = await refresh()
    expect(second.work).toEqual({ ...first.work, base: first.published.snapshot, computed: 0 })
    expect(second.published).toEqual({
      status: 'unchanged',
      snapshot: first.published.snapshot,
      changedWindows: 0,
      because: [],
    })
  })

  test('names the views that there are where it is asked for another', async () => {
    await expect(recomputeStream(layers.deps, layers.plan, {}, { view: 'no' })).rejects.toThrow(
      'stream "clicks" feeds no view "no"; it feeds clicks-by-product, clicks.ledger',
    )
  })
})

describe('the diff gate', () => {
  test('holds a restatement that changes more than the limit, and says what changes', async () => {
    const wrong = await falsify(layers.warm, clicks.name, byProduct, 1)
    const { published } = await refresh()
    expect(published).toMatchObject({ status: 'held', changedWindows: 3 })
    expect(published.because[0]).toBe('view "clicks-by-product": 3 of 6 windows change, 50 %; the limit is 0.1 %')
    expect((await inForce()).id).toBe(wrong.id)
    const held = await layers.warm.held(published.snapshot ?? '')
    expect(held?.diff.views[0]).toMatchObject({ view: byProduct.name, rowsAdded: 3, rowsRemoved: 0, rowsChanged: 0 })
    expect(held?.diff.views[0]?.totals[0]).toEqual({ measure: 'clicks', before: 3, after: 9 })
    expect(held?.diff.views[0]?.movers.map(({ measure }) => measure)).toContain('paid')
    await sealEpoch(3)
    expect((await inForce()).reason).toBe('seal')
  })

  test('holds the same restatement once', async () => {
    await falsify(layers.warm, clicks.name, byProduct, 1)
    const first = await refresh()
    layers.nowMs += 1
    expect((await refresh()).published).toEqual(first.published)
    expect(await layers.warm.heldSnapshots({ limit: 9 })).toHaveLength(1)
  })

  test('lets pass what stays within the limit of its view', async () => {
    await falsify(layers.warm, clicks.name, byProduct, 1)
    const work = await recomputeStream(layers.deps, layers.plan, {})
    const diffLimits = compileDiffLimits(`${byProduct.name}=100%`)
    expect(await publishRecomputed({ ...layers.deps, diffLimits }, layers.plan, work)).toMatchObject({
      status: 'published',
      changedWindows: 3,
    })
    await expectExact()
  })

  test('does not compare a view with another definition of it', async () => {
    layers.define([byProduct, cheap])
    const { published } = await refresh()
    expect(published.status).toBe('published')
    expect((await inForce()).views.find(({ name }) => name === cheap.name)?.building).toBe(false)
  })
})

describe('what is held', () => {
  async function hold(): Promise<string> {
    await falsify(layers.warm, clicks.name, byProduct, 1)
    return (await refresh()).published.snapshot ?? ''
  }

  test('is published by approve, once', async () => {
    const id = await hold()
    const decided = await approveHeld(layers.deps, id)
    expect(decided).toMatchObject({ state: 'published', published: id })
    expect((await inForce()).id).toBe(id)
    expect(await approveHeld(layers.deps, id)).toEqual(decided)
    await expectExact()
    await expect(rejectHeld(layers.deps, id)).rejects.toThrow(`was published as ${id}`)
  })

  test('is built again on a seal that came in between', async () => {
    const id = await hold()
    await sealEpoch(3)
    const decided = await approveHeld(layers.deps, id)
    expect(decided.published).toBe((await inForce()).id)
    expect(decided.published).not.toBe(id)
    await expectExact()
  })

  test('is refused where its epochs were replaced meanwhile', async () => {
    const id = await hold()
    await falsify(layers.warm, clicks.name, byProduct, 2)
    await expect(approveHeld(layers.deps, id)).rejects.toThrow(/says something else for the same epochs/)
    expect((await layers.warm.held(id))?.state).toBe('held')
  })

  test('is dropped by reject, and cannot be approved then', async () => {
    const id = await hold()
    expect(await rejectHeld(layers.deps, id)).toMatchObject({ state: 'rejected' })
    expect(await rejectHeld(layers.deps, id)).toMatchObject({ state: 'rejected' })
    await expect(approveHeld(layers.deps, id)).rejects.toThrow('was rejected')
    await expect(approveHeld(layers.deps, 'no')).rejects.toThrow('no snapshot no is held; none is held')
  })
})

test('a rollback to segments that are stored no longer is refused, and nothing changes', async () => {
  const old = await inForce()
  await refresh()
  const now = await inForce()
  const gone = old.segments[0]?.id
  const stored = layers.warm.segment.bind(layers.warm)
  const swept = vi.spyOn(layers.warm, 'segment').mockImplementation(async (id) => (id === gone ? null : stored(id)))
  await expect(rollbackTo(layers.deps, layers.plan, old.id)).rejects.toThrow(`segment ${gone} of view`)
  swept.mockRestore()
  expect((await inForce()).id).toBe(now.id)
  await expectExact()
})

test('a rollback reaches back across a compaction that joined what came later', async () => {
  const [, middle] = await layers.warm.snapshots(clicks.name, 3)
  await refresh()
  const back = await rollbackTo(layers.deps, layers.plan, middle?.id ?? '')
  expect(back.segments).toHaveLength(6)
  await expectExact()
  expect((await rollbackTo(layers.deps, layers.plan, middle?.id ?? '')).id).toBe(back.id)
})
