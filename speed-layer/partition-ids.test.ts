import { describe, expect, it } from 'vitest'
import { ledgerView } from '../core/compile/ledger-view.js'
import { count, defineStream, defineView, instant, z } from '../core/index.js'
import { MemoryHot } from '../stores/hot/index.js'
import { batchOf, EPOCH_MS, LaneBench, stateOf, T0, type Written } from '../test/support/lane-bench.js'
import { FLUSH } from './limits.js'
import { PartitionIds } from './partition-ids.js'
import { planStream } from './stream-plan.js'

const stream = defineStream({
  name: 'orders',
  schema: z.object({ order: z.string().nullable(), at: instant() }),
  eventTime: 'at',
  id: 'order',
})
const orders = defineView('orders-counted', {
  from: stream,
  by: (e) => ({ order: e.order }),
  measures: () => ({ orders: count() }),
  windows: ['1h'],
})
const plan = planStream(stream, [orders, ledgerView(stream, EPOCH_MS)], EPOCH_MS)
const E0 = T0 / EPOCH_MS
let generation = 0
const memory = (): MemoryHot => new MemoryHot({ now: () => 0, newGeneration: () => `g${generation++}` })

/** An order that the broker took so many epochs after the first. */
function order(id: string | null, epoch = 0): Written {
  const timeMs = T0 + epoch * EPOCH_MS
  return { value: JSON.stringify({ order: id, at: new Date(timeMs).toISOString() }), timeMs }
}

/** Counts of the ledger, summed over epochs. */
async function ledger(hot: MemoryHot): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const cell of (await hot.load(plan.keyspace, 0))?.cells ?? []) {
    if (cell.view !== 'orders.ledger') continue
    const outcome = (JSON.parse(cell.key) as string[])[1] as string
    counts[outcome] = (counts[outcome] ?? 0) + Number.parseInt(cell.registers.replace(/^\D*/, ''), 10)
  }
  return counts
}

async function opened(hot: MemoryHot, options: ConstructorParameters<typeof LaneBench>[2] = {}): Promise<LaneBench> {
  const bench = new LaneBench(plan, hot, options)
  await bench.lane.open()
  return bench
}

describe('the lane of a stream with an id', () => {
  it('counts the first of a kind, and the others as duplicates for two epochs', async () => {
    const hot = memory()
    const bench = await opened(hot)
    const written = [order('a'), order('a'), order(null), order(null), order('a', 1), order('b', 1), order('b', 3)]
    await bench.lane.accept(batchOf(plan, 0, written))
    await bench.lane.drain()
    expect(await ledger(hot)).toEqual({ accepted: 5, duplicate: 2 })
  })

  it('makes the same of the same records, wherever flushes and owners change', async () => {
    const written = Array.from({ length: 60 }, (_, i) => order(`${(i * i) % 11}`, Math.floor(i / 7)))
    const whole = memory()
    const bench = await opened(whole)
    await bench.lane.accept(batchOf(plan, 0, written))
    await bench.lane.drain()
    for (const step of [1, 2, 5]) {
      const hot = memory()
      for (let from = 0; from < written.length; from += step) {
        const owner = await opened(hot)
        await owner.lane.accept(batchOf(plan, from, written.slice(from, from + step)))
        await owner.lane.drain()
        owner.lane.close()
      }
      expect(await stateOf(hot, plan)).toEqual(await stateOf(whole, plan))
      expect(
        (await hot.ids(plan.keyspace, 0, (await hot.state(plan.keyspace, 0)) as never))?.map(({ epoch }) => epoch),
      ).toEqual([E0 + 7, E0 + 8])
    }
  })

  it('knows what came before the boundary where it begins, as long as it is in the first epoch', async () => {
    const hot = memory()
    const asked: unknown[] = []
    const start = { offset: 10, epoch: E0 }
    const idsBelow = (boundary: unknown): readonly string[] => {
      asked.push(boundary)
      return ['"before"']
    }
    const first = await opened(hot, { start, idsBelow })
    await first.lane.accept(batchOf(plan, 10, [order('new')]))
    await first.lane.drain()
    first.lane.close()
    const second = await opened(hot, { start, idsBelow })
    await second.lane.accept(batchOf(plan, 11, [order('before'), order('other', 1), order('before', 2)]))
    await second.lane.drain()
    expect(await ledger(hot)).toEqual({ accepted: 3, duplicate: 1 })
    expect(asked).toEqual([start, start])
  })

  it('reads cells and ids of one state, though others write meanwhile', async () => {
    const hot = memory()
    const rival = await opened(hot)
    await rival.lane.accept(batchOf(plan, 0, [order('a')]))
    await rival.lane.drain()
    let interrupt = true
    const busy = new Proxy(hot, {
      get(target, name) {
        if (name === 'ids' && interrupt) {
          return async (...args: Parameters<MemoryHot['ids']>) => {
            interrupt = false
            await rival.lane.accept(batchOf(plan, 1, [order('b')]))
            await rival.lane.drain()
            return target.ids(...args)
          }
        }
        const member = target[name as keyof MemoryHot] as unknown
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const late = new LaneBench(plan, busy)
    expect(await late.lane.open()).toBe(2)
    await late.lane.accept(batchOf(plan, 2, [order('a'), order('b')]))
    await late.lane.drain()
    expect(await ledger(hot)).toEqual({ accepted: 2, duplicate: 2 })
  })

  it('notes ids below the floor: a record above it may repeat them', async () => {
    const hot = memory()
    const bench = await opened(hot, { start: { offset: 0, epoch: 0 } })
    await bench.lane.accept(batchOf(plan, 0, [order('z', 0)]))
    await bench.lane.drain()
    await hot.drop(plan.keyspace, 0, E0 + 2)
    await bench.lane.watch()
    await bench.lane.accept(batchOf(plan, 1, [order('a', 1), order('a', 2)]))
    await bench.lane.drain()
    expect(await ledger(hot)).toEqual({ duplicate: 1 })
  })

  it('cuts a delta before its ids are more than one call may hold', async () => {
    const hot = memory()
    const counts: number[] = []
    const recording = new Proxy(hot, {
      get(target, name) {
        if (name === 'apply')
          return (...[keyspace, partition, delta]: Parameters<MemoryHot['apply']>) => {
            counts.push((delta.ids ?? []).reduce((sum, { ids }) => sum + ids.length, 0))
            return target.apply(keyspace, partition, delta)
          }
        const member = target[name as keyof MemoryHot] as unknown
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const bench = new LaneBench(plan, recording)
    await bench.lane.open()
    const written = Array.from({ length: 2 * FLUSH.ids + 5 }, (_, i) => order(`${i}`))
    await bench.lane.accept(batchOf(plan, 0, written))
    await bench.lane.drain()
    expect(Math.max(...counts)).toBe(FLUSH.ids)
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(written.length)
  })
})

it('a stream without an id has none in memory', () => {
  const { id: _, ...rest } = stream
  expect(PartitionIds.of({ ...rest, id: null })).toBeNull()
})
