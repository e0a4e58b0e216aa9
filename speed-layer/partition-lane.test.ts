import { describe, expect, it } from 'vitest'
import { crc32 } from '../core/decode/crc32.js'
import { type ApplyResult, type Delta, type HotStore, HotUnavailableError, MemoryHot } from '../stores/hot/index.js'
import {
  batchOf,
  EPOCH_MS,
  LaneBench,
  POISON,
  recount,
  said,
  stateOf,
  T0,
  type Written,
  wordsPlan,
} from '../test/support/lane-bench.js'

const plan = wordsPlan()
const E0 = T0 / EPOCH_MS
let generation = 0
const memory = (): MemoryHot => new MemoryHot({ now: () => 0, newGeneration: () => `g${generation++}` })
const fresh = (written: readonly Written[], start?: { offset: number; epoch: number }) =>
  recount(memory(), plan, written, start)

/** A store whose fenced call can be made to go wrong, once per entry. */
function withFaults(
  hot: MemoryHot,
  faults: ((apply: () => Promise<ApplyResult>, delta: Delta) => Promise<ApplyResult>)[],
): HotStore {
  return new Proxy(hot, {
    get(target, name) {
      if (name === 'apply') {
        return (keyspace: never, partition: number, delta: Delta) => {
          const apply = () => target.apply(keyspace, partition, delta)
          return faults.shift()?.(apply, delta) ?? apply()
        }
      }
      const member = target[name as keyof MemoryHot] as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** A store that shows each delta before it applies it. */
function recording(hot: MemoryHot, onDelta: (delta: Delta) => void): HotStore {
  const record = (apply: () => Promise<ApplyResult>, delta: Delta): Promise<ApplyResult> => {
    onDelta(delta)
    return apply()
  }
  return withFaults(
    hot,
    Array.from({ length: 100 }, () => record),
  )
}

const words: readonly Written[] = ['a', 'b', 'a', 'c', 'a'].map((word, i) => ({
  value: said(word, T0 + i * 1_000, i),
  timeMs: T0 + i * 1_000,
}))

describe("a partition's lane", () => {
  it('stores what a recount of the records gives, the refused one in the ledger', async () => {
    const hot = memory()
    const bench = new LaneBench(plan, hot)
    expect(await bench.lane.open()).toBe(0)
    const written = [...words, { value: POISON, timeMs: T0 + 5_000 }]
    for (const [i, one] of written.entries()) await bench.lane.accept(batchOf(plan, i, [one]))
    await bench.lane.drain()
    expect(bench.stored).toBe(6)
    const held = await stateOf(hot, plan)
    expect(held).toEqual(await fresh(written))
    expect(held.filter((line) => line.startsWith('words.ledger'))).toHaveLength(2)
    const state = await hot.state(plan.keyspace, 0)
    const last = { offset: 5, timeMs: T0 + 5_000, crc: crc32(Buffer.from(POISON)) }
    expect(state).toMatchObject({ next: 6, epoch: E0, maxEventTimeMs: T0 + 4_000, last })
  })

  it('goes on from what is stored, with the cells, after a restart', async () => {
    const hot = memory()
    const before = new LaneBench(plan, hot)
    await before.lane.open()
    await before.lane.accept(batchOf(plan, 0, words.slice(0, 3)))
    await before.lane.drain()
    await before.lane.accept(batchOf(plan, 3, words.slice(3))) // folded, never flushed: the process ends here
    before.lane.close()
    const after = new LaneBench(plan, hot)
    expect(await after.lane.open()).toBe(3)
    await after.lane.accept(batchOf(plan, 3, words.slice(3)))
    await after.lane.drain()
    expect(await stateOf(hot, plan)).toEqual(await fresh(words))
  })

  it('counts once when the reply of a call is lost, and when the call itself is', async () => {
    const lost = async (apply: () => Promise<ApplyResult>): Promise<ApplyResult> => {
      await apply()
      throw new HotUnavailableError('CONNECTION', 'reply lost')
    }
    const unsent = async (): Promise<ApplyResult> => {
      throw new HotUnavailableError('CONNECTION', 'call lost')
    }
    for (const fault of [lost, unsent]) {
      const hot = memory()
      const bench = new LaneBench(plan, withFaults(hot, [fault, fault]))
      await bench.lane.open()
      await bench.lane.accept(batchOf(plan, 0, words.slice(0, 2)))
      await bench.lane.accept(batchOf(plan, 2, words.slice(2)))
      await bench.lane.drain()
      await bench.until(() => bench.stored === 5)
      expect(bench.seeks).toEqual([])
      expect(await stateOf(hot, plan)).toEqual(await fresh(words))
    }
  })

  it('that lost its partition to another cannot write, and reads back what the other stored', async () => {
    const hot = memory()
    const [zombie, owner] = [new LaneBench(plan, hot), new LaneBench(plan, hot)]
    await zombie.lane.open()
    await owner.lane.open()
    await owner.lane.accept(batchOf(plan, 0, words.slice(0, 3)))
    await owner.lane.drain()
    await zombie.lane.accept(batchOf(plan, 0, words.slice(0, 2)))
    await zombie.until(() => zombie.seeks.length > 0)
    expect(zombie.seeks).toEqual([3])
    expect(zombie.stored).toBe(-1)
    await zombie.lane.accept(batchOf(plan, 2, words.slice(2))) // handed out before the seek
    await zombie.lane.accept(batchOf(plan, 3, words.slice(3)))
    await zombie.lane.drain()
    expect(await stateOf(hot, plan)).toEqual(await fresh(words))
  })

  it('begins anew at the boundary when Redis was wiped, also with nothing to flush', async () => {
    const hot = memory()
    const start = { offset: 2, epoch: E0 }
    const bench = new LaneBench(plan, hot, { start })
    expect(await bench.lane.open()).toBe(2)
    await bench.lane.accept(batchOf(plan, 2, words.slice(2)))
    await bench.lane.drain()
    hot.wipe()
    await bench.lane.watch()
    await bench.until(() => bench.seeks.length > 0)
    expect(bench.seeks).toEqual([2])
    await bench.lane.accept(batchOf(plan, 2, words.slice(2)))
    await bench.lane.drain()
    expect(await stateOf(hot, plan)).toEqual(await fresh(words.slice(2), start))
    expect((await hot.state(plan.keyspace, 0))?.since).toBe(2)
  })

  it('notices at its next flush that Redis was wiped', async () => {
    const hot = memory()
    const bench = new LaneBench(plan, hot)
    await bench.lane.open()
    await bench.lane.accept(batchOf(plan, 0, words.slice(0, 2)))
    await bench.until(() => bench.stored === 2)
    hot.wipe()
    await bench.lane.accept(batchOf(plan, 2, words.slice(2)))
    await bench.until(() => bench.seeks.length > 0)
    expect(bench.seeks).toEqual([0])
    await bench.lane.accept(batchOf(plan, 0, words))
    await bench.lane.drain()
    expect(await stateOf(hot, plan)).toEqual(await fresh(words))
  })

  it('reads back an older state that Redis was restored to', async () => {
    const hot = memory()
    const bench = new LaneBench(plan, hot)
    await bench.lane.open()
    await bench.lane.accept(batchOf(plan, 0, words.slice(0, 2)))
    await bench.lane.drain()
    const image = hot.save()
    await bench.lane.accept(batchOf(plan, 2, words.slice(2)))
    await bench.lane.drain()
    hot.restore(image)
    await bench.lane.watch()
    await bench.until(() => bench.seeks.length > 0)
    expect(bench.seeks).toEqual([2])
    await bench.lane.accept(batchOf(plan, 2, words.slice(2)))
    await bench.lane.drain()
    expect(await stateOf(hot, plan)).toEqual(await fresh(words))
  })

  it('moves the offset over ranges without a record, and the epoch over ticks, and counts neither', async () => {
    const hot = memory()
    const bench = new LaneBench(plan, hot)
    await bench.lane.open()
    await bench.lane.accept(batchOf(plan, 0, [], { hidden: 3 }))
    await bench.lane.drain()
    expect(await hot.state(plan.keyspace, 0)).toMatchObject({ next: 3, epoch: 0, last: null })
    await bench.lane.accept(batchOf(plan, 3, [{ value: null, timeMs: T0, tick: true }], { hidden: 1 }))
    await bench.lane.drain()
    expect(await hot.state(plan.keyspace, 0)).toMatchObject({
      next: 5,
      epoch: E0,
      last: { offset: 3, timeMs: T0, crc: 0 },
    })
    expect(await stateOf(hot, plan)).toEqual([])
  })

  it("keeps the epoch when the broker's clock steps back, over a restart as well", async () => {
    const hot = memory()
    const first = new LaneBench(plan, hot)
    await first.lane.open()
    await first.lane.accept(batchOf(plan, 0, [{ value: said('a', T0), timeMs: T0 + EPOCH_MS }]))
    await first.lane.drain()
    const second = new LaneBench(plan, hot)
    await second.lane.open()
    await second.lane.accept(batchOf(plan, 1, [{ value: said('a', T0), timeMs: T0 }]))
    await second.lane.drain()
    expect((await hot.state(plan.keyspace, 0))?.epochs).toEqual([E0 + 1])
  })

  it('drops epochs below a raised floor from memory, and below it moves the offset only', async () => {
    const hot = memory()
    const bench = new LaneBench(plan, hot)
    await bench.lane.open()
    await bench.lane.accept(batchOf(plan, 0, words))
    await bench.lane.accept(batchOf(plan, 5, [{ value: said('z', T0), timeMs: T0 + EPOCH_MS }]))
    await bench.lane.drain()
    await hot.drop(plan.keyspace, 0, E0 + 1)
    await bench.lane.watch()
    expect(bench.lane.status().cells).toBe(3) // the late event's two windows, and its ledger entry
    expect((await stateOf(hot, plan)).filter((line) => !line.startsWith('words.ledger'))).toHaveLength(2)
  })

  it('behind a floor that was raised over it moves the offset only, and writes the dead letters', async () => {
    const hot = memory()
    await hot.open(plan.keyspace, 0, { offset: 0, epoch: 0 })
    await hot.drop(plan.keyspace, 0, E0 + 1)
    const bench = new LaneBench(plan, hot)
    await bench.lane.open()
    await bench.lane.accept(batchOf(plan, 0, [...words, { value: POISON, timeMs: T0 }]))
    await bench.lane.drain()
    expect(await hot.state(plan.keyspace, 0)).toMatchObject({ next: 6, epoch: E0, floor: E0 + 1 })
    expect(bench.lane.status().cells).toBe(0)
    expect(bench.letters).toHaveLength(1)
    await bench.lane.accept(batchOf(plan, 6, [{ value: said('z', T0), timeMs: T0 + EPOCH_MS }]))
    await bench.lane.drain()
    expect(bench.lane.status().cells).toBe(3)
  })

  it('cuts deltas by offset before they are too large for one call, and they adjoin', async () => {
    const hot = memory()
    const deltas: Delta[] = []
    const spy = recording(hot, (delta) => deltas.push(delta))
    const bench = new LaneBench(plan, spy)
    await bench.lane.open()
    const many = Array.from({ length: 10_000 }, (_, i) => ({ value: said(`w${i}`, T0, i), timeMs: T0 }))
    await bench.lane.accept(batchOf(plan, 0, many))
    await bench.lane.drain()
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.map((d) => d.from)).toEqual([0, ...deltas.map((d) => d.to).slice(0, -1)])
    expect(Math.max(...deltas.map((d) => d.cells.length))).toBeLessThanOrEqual(20_000)
    expect((await stateOf(hot, plan)).join('\n')).toBe((await fresh(many)).join('\n'))
  })

  it('folds again in smaller deltas when cells turn out larger than a call may be', async () => {
    const wide = wordsPlan('wide')
    const hot = memory()
    const deltas: Delta[] = []
    const spy = recording(hot, (delta) => deltas.push(delta))
    const bench = new LaneBench(wide, spy)
    await bench.lane.open()
    const many = Array.from({ length: 3_000 }, (_, i) => ({ value: said(`${i}${'x'.repeat(900)}`, T0), timeMs: T0 }))
    let position = 0
    while (bench.stored < many.length) {
      await bench.lane.accept(batchOf(wide, position, many.slice(position)))
      await bench.lane.drain()
      position = bench.seeks.at(-1) ?? position
      position = Math.max(position, bench.stored)
    }
    expect(bench.seeks.length).toBeGreaterThan(0)
    expect(bench.halted).toBeNull()
    const held = await hot.load(wide.keyspace, 0)
    expect(held?.cells.filter((c) => c.resolutionMs === 60_000 && c.view === 'wide-said')).toHaveLength(many.length)
  })

  it('writes dead letters before the flush that counts them, however often that takes', async () => {
    const hot = memory()
    let failures = 2
    const order: string[] = []
    const spy = recording(hot, () => order.push('flush'))
    const bench = new LaneBench(plan, spy, {
      sendDeadLetters: async () => {
        order.push('letters')
        if (failures-- > 0) throw new Error('Kafka is away')
      },
    })
    await bench.lane.open()
    await bench.lane.accept(
      batchOf(plan, 0, [
        { value: POISON, timeMs: T0 },
        { value: 'x'.repeat(2_000), timeMs: T0 },
        { value: null, timeMs: T0 },
      ]),
    )
    await bench.until(() => bench.stored === 3)
    expect(order).toEqual(['letters', 'letters', 'letters', 'flush'])
    expect(bench.letters.map((letter) => letter.key)).toEqual(['words/0/0', 'words/0/1', 'words/0/2'])
    expect(bench.letters.map((letter) => JSON.parse(letter.value as string).reason)).toEqual([
      'json',
      'too-large',
      'empty',
    ])
  })

  it('stands still while Redis is away, says so, and goes on when it is back', async () => {
    const hot = memory()
    let away = true
    const outage = async (apply: () => Promise<ApplyResult>): Promise<ApplyResult> => {
      if (away) throw new HotUnavailableError('OOM', 'used memory > maxmemory')
      return apply()
    }
    const bench = new LaneBench(
      plan,
      withFaults(
        hot,
        Array.from({ length: 1_000 }, () => outage),
      ),
    )
    await bench.lane.open()
    await bench.lane.accept(batchOf(plan, 0, words.slice(0, 2)))
    await bench.until(() => bench.lane.status().condition.kind === 'waiting')
    expect(bench.lane.status().condition).toMatchObject({ reason: expect.stringContaining('OOM') })
    let taken = false
    const next = bench.lane.accept(batchOf(plan, 2, words.slice(2))).then(() => {
      taken = true
    })
    expect((await hot.state(plan.keyspace, 0))?.next).toBe(0)
    expect(taken).toBe(false)
    away = false
    await next
    await bench.lane.drain()
    expect(bench.lane.status().condition.kind).toBe('running')
    expect(await stateOf(hot, plan)).toEqual(await fresh(words))
  })

  it('halts by name where a record breaks it, and stays so', async () => {
    const hot = memory()
    const bench = new LaneBench(plan, hot)
    await bench.lane.open()
    const batch = batchOf(plan, 0, words)
    const broken = { ...batch, records: batch.records.map((r, i) => (i === 2 ? { ...r, value: 7 as never } : r)) }
    await bench.lane.accept(broken)
    expect(bench.halted).toContain('the record at offset 2 broke the fold')
    await bench.lane.accept(batch)
    await bench.lane.drain()
    expect((await hot.state(plan.keyspace, 0))?.next).toBe(0)
    expect(bench.lane.status().condition).toEqual({ kind: 'halted', reason: bench.halted })
  })
})
