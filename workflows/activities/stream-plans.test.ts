import { expect, test } from 'vitest'
import { shop } from '../../batch-layer/testing/shop.js'
import { restateViews, type Snapshot, viewSetOf } from '../../core/seam/index.js'
import { openWarmMemory } from '../../stores/warm/index.js'
import { StreamPlans } from './stream-plans.js'

const { stream, catalog, byProduct, redefined } = shop('clicks')
const earlier = catalog([byProduct])
const later = catalog([redefined])
const EMPTY: Omit<Snapshot, 'views' | 'id'> = {
  ...{ stream: stream.name, sequence: 1, base: null, reason: 'seal', publishedAtMs: 0, epochMs: 60_000 },
  ...{ first: {}, boundary: {}, imports: [], segments: [] },
}

test('of two workers the one deployed last restates, and the other one seals by what is in force', async () => {
  const warm = openWarmMemory()
  await warm.registerStream({ stream: stream.name, epochMs: 60_000, createdAtMs: 0 })
  const workerOf = (definitions: typeof earlier, startedAtMs: number) =>
    new StreamPlans(definitions, warm, { now: () => startedAtMs })
  const old = workerOf(earlier, 1)
  const views = (await old.of(stream.name)).views.map(({ name, hash }) => ({ name, hash, building: false }))
  views.sort((a, b) => (a.name < b.name ? -1 : 1))
  const first: Snapshot = { ...EMPTY, id: '1-a', views }
  await warm.publish(first)
  expect(await old.changed(stream.name)).toBe(false)

  const young = workerOf(later, 2)
  expect(await young.changed(stream.name)).toBe(true)
  expect((await young.of(stream.name)).keyspace.viewSet).toBe(viewSetOf(views))
  const today = await young.today(stream.name)
  await warm.publish(restateViews(first, today.views, [], 3))

  expect(await young.changed(stream.name)).toBe(false)
  expect(await old.changed(stream.name)).toBe(false)
  const served = await old.of(stream.name)
  expect(served.keyspace).toEqual(today.keyspace)
  expect(served.views.map(({ hash }) => hash)).toEqual(today.views.map(({ hash }) => hash))

  // the earlier definitions deployed again are those of a younger worker
  expect(await workerOf(earlier, 4).changed(stream.name)).toBe(true)
})
