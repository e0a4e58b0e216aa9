import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConnections, testEngines, uniqueName } from '../../test/support/engines.js'
import type { Delta, HotCell, HotState, HotStore, Keyspace } from './hot-port.js'
import { HotUnavailableError } from './hot-unavailable-error.js'
import { openRedis, type RedisCalls } from './redis-connection.js'
import { openHot } from './redis-hot.js'

const cells = (epoch: number, count: number, registers = '[1]'): readonly HotCell[] =>
  Array.from({ length: count }, (_, i) => ({ view: 'v', resolutionMs: 60_000, epoch, key: `[${i}]`, registers }))

let nonces = 0
const delta = (state: HotState, to: number, changed: readonly HotCell[]): Delta => ({
  generation: state.generation,
  from: state.next,
  to,
  floor: state.floor,
  epoch: Math.max(state.epoch, ...changed.map((cell) => cell.epoch)),
  maxEventTimeMs: null,
  last: null,
  nonce: `n${++nonces}`,
  cells: changed,
})

async function current(hot: HotStore, keyspace: Keyspace): Promise<HotState> {
  const state = await hot.state(keyspace, 0)
  if (!state) throw new Error('no hot state')
  return state
}

describe('trouble with Redis', () => {
  let hot: HotStore
  let admin: RedisCalls
  beforeAll(async () => {
    hot = await openHot(testConnections().redis)
    admin = await openRedis(testConnections().redis)
  })
  afterAll(async () => {
    await hot?.close()
    await admin?.close()
  })
  const fresh = (): Keyspace => ({ stream: uniqueName('trouble'), viewSet: '0123456789abcdef' })
  const reachable = () =>
    expect
      .poll(
        () =>
          hot.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)

  it('has a type: down, every call fails at once; back, everything is where it was', async () => {
    const keyspace = fresh()
    const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
    await hot.apply(keyspace, 0, delta(state, 5, cells(1, 3)))
    const stored = await current(hot, keyspace)
    const next = delta(stored, 9, cells(1, 3, '[2]'))
    const engines = await testEngines()
    await engines.stop('redis')
    try {
      const began = performance.now()
      const calls = [
        () => hot.state(keyspace, 0),
        () => hot.apply(keyspace, 0, next),
        () => hot.follow(keyspace, 0, undefined),
        () => hot.load(keyspace, 0),
        () => hot.open(keyspace, 0, { offset: 0, epoch: 0 }),
        () => hot.drop(keyspace, 0, 1),
        () => hot.partitions(keyspace),
        () => hot.health(),
        () => hot.ping(),
      ]
      for (const call of calls) await expect(call()).rejects.toThrow(HotUnavailableError)
      expect(performance.now() - began).toBeLessThan(5_000)
    } finally {
      await engines.start('redis')
    }
    await reachable()
    expect(await current(hot, keyspace)).toEqual(stored)
    // the new process has no script cached
    expect(await hot.apply(keyspace, 0, next)).toEqual({ kind: 'applied', floor: 0 })
    expect(await hot.apply(keyspace, 0, next)).toEqual({ kind: 'already-applied', floor: 0 })
  })

  it('keeps every answered call when it is killed', async () => {
    const keyspace = fresh()
    await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
    for (let n = 1; n <= 20; n++)
      await hot.apply(keyspace, 0, delta(await current(hot, keyspace), n, cells(1, 50, `[${n}]`)))
    const engines = await testEngines()
    await engines.kill('redis')
    await engines.start('redis')
    await reachable()
    const loaded = await hot.load(keyspace, 0)
    expect(loaded?.state.next).toBe(20)
    expect(new Set(loaded?.cells.map((cell) => cell.registers))).toEqual(new Set(['[20]']))
  })

  it('starts a follower again whose fill a restart interrupted', async () => {
    const keyspace = fresh()
    await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
    await hot.apply(keyspace, 0, delta(await current(hot, keyspace), 1, cells(1, 20_000)))
    await hot.apply(keyspace, 0, delta(await current(hot, keyspace), 2, cells(2, 20_000)))
    const begun = await hot.follow(keyspace, 0, undefined)
    expect(begun).toMatchObject({ reset: true, complete: false })
    await (await testEngines()).restart('redis')
    await reachable()
    const held = new Set<string>()
    let resets = 0
    for (let cursor = begun.cursor; ; ) {
      const changes = await hot.follow(keyspace, 0, cursor)
      if (changes.reset) {
        held.clear()
        resets++
      }
      for (const cell of changes.cells) held.add(`${cell.epoch} ${cell.key}`)
      cursor = changes.cursor
      if (changes.complete) break
    }
    expect(resets).toBe(1)
    expect(held.size).toBe(40_000)
  })

  it('is full: a flush changes nothing and says so, while a drop makes room and health is still told', async () => {
    const keyspace = fresh()
    await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
    await hot.apply(keyspace, 0, delta(await current(hot, keyspace), 1, cells(1, 20_000)))
    const stored = await current(hot, keyspace)
    const next = delta(stored, 2, cells(2, 100))
    const before = await admin.call('CONFIG', 'GET', 'maxmemory')
    const limit = Array.isArray(before) ? `${before[1]}` : '0'
    await admin.call('CONFIG', 'SET', 'maxmemory', 1)
    try {
      await expect(hot.apply(keyspace, 0, next)).rejects.toThrow(/Redis is unavailable \(OOM\)/)
      await expect(hot.apply(keyspace, 0, next)).rejects.toThrow(HotUnavailableError)
      expect(await current(hot, keyspace)).toEqual(stored)
      const report = {
        layer: 'speed' as const,
        instance: keyspace.stream,
        atMs: 1,
        ready: false,
        detail: { reason: 'full' },
      }
      await hot.reportHealth(report, 60_000)
      expect(await hot.health()).toContainEqual(report)
      await hot.drop(keyspace, 0, 2)
      expect(await current(hot, keyspace)).toMatchObject({ floor: 2, epochs: [] })
    } finally {
      await admin.call('CONFIG', 'SET', 'maxmemory', limit)
    }
    expect(await hot.apply(keyspace, 0, next)).toEqual({ kind: 'applied', floor: 2 })
  })

  it('is a replica for a while: writing is refused as unavailable, and goes on afterwards', async () => {
    const keyspace = fresh()
    const state = await hot.open(keyspace, 0, { offset: 0, epoch: 0 })
    await admin.call('REPLICAOF', '127.0.0.1', 1)
    try {
      await expect(hot.apply(keyspace, 0, delta(state, 1, cells(1, 1)))).rejects.toThrow(HotUnavailableError)
    } finally {
      await admin.call('REPLICAOF', 'NO', 'ONE')
    }
    await reachable()
    expect(await hot.apply(keyspace, 0, delta(state, 1, cells(1, 1)))).toMatchObject({ kind: 'applied' })
  })

  it('is not there at all: opening gives up in time, in words', async () => {
    const opening = openHot({ url: 'redis://127.0.0.1:1' }, { openTimeoutMs: 300 })
    await expect(opening).rejects.toThrow(HotUnavailableError)
    await expect(opening).rejects.toThrow(/ECONNREFUSED/)
  })
})
