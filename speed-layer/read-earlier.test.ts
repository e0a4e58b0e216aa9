import { expect, test } from 'vitest'
import { writeViewSet } from '../core/define/view-set.js'
import { count, defineView } from '../core/index.js'
import { openWarmMemory } from '../stores/warm/index.js'
import { EPOCH_MS, wordsPlan } from '../test/support/lane-bench.js'
import { earlierPlans } from './read-earlier.js'
import { planStream } from './stream-plan.js'

test('what answers by other definitions than those of today is read on by them, with the settings of today', async () => {
  const warm = openWarmMemory()
  const before = wordsPlan()
  const { stream } = before
  const changed = defineView('words-said', {
    from: stream,
    by: () => ({}),
    measures: () => ({ times: count() }),
    windows: ['1m'],
  })
  const ledger = before.views.filter((view) => view.ledger)
  const today = planStream({ ...stream, topic: 'words-elsewhere' }, [changed, ...ledger], EPOCH_MS)
  // nothing is in force: there is nobody to be read on for
  expect(await earlierPlans([today], warm)).toEqual([])

  const views = before.views
    .map(({ name, hash }) => ({ name, hash, building: false }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const numbers = { sequence: 1, publishedAtMs: 0, epochMs: EPOCH_MS }
  const nothing = { base: null, first: {}, boundary: {}, imports: [], segments: [] }
  await warm.publish({ id: '1-a', stream: stream.name, reason: 'seal', ...numbers, ...nothing, views })
  // by what it was made nobody knows
  expect(await earlierPlans([today], warm)).toEqual([])

  const definitions = writeViewSet(before)
  await warm.putViewSet({ ...before.keyspace, definitions, deployedAtMs: 0, usedAtMs: 0 })
  const [plan, ...others] = await earlierPlans([today], warm)
  expect(others).toEqual([])
  expect(plan?.keyspace).toEqual(before.keyspace)
  expect(plan?.views.map(({ hash }) => hash)).toEqual(before.views.map(({ hash }) => hash))
  expect(plan?.stream).toMatchObject({ topic: 'words-elsewhere', hash: stream.hash })
  expect(await earlierPlans([before], warm)).toEqual([])
})
