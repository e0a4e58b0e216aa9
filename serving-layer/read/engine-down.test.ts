import { beforeEach, describe, expect, test } from 'vitest'
import { HotUnavailableError } from '../../stores/hot/hot-unavailable-error.js'
import { WarmUnavailableError } from '../../stores/warm/warm-unavailable-error.js'
import { shop } from '../testing/definitions.js'
import { openAnswers } from '../testing/open-answers.js'
import { World } from '../testing/world.js'

let world: World
let serving: Awaited<ReturnType<typeof openAnswers>>

beforeEach(async () => {
  world = new World(shop)
  await world.begin()
  serving = await openAnswers(world)
})

function search(partition: number, word: string): void {
  world.append('searches', partition, { at: world.clock.nowMs, word, gender: null, age: 30, member: 'm', paid: 0 })
}

/** One record sealed and one hot in partition 0. */
async function sealedAndHot(): Promise<void> {
  search(0, 'a')
  world.clock.nowMs += 60_000
  search(0, 'a')
  await world.flushAll()
  await world.seal('searches')
}

const total = async (view = 'words') => {
  const answer = await serving.ask(view, 'from=-1h&window=all&groupBy=')
  return { searches: answer.rows[0]?.searches ?? 0, ...answer.provenance }
}

const redisDown = () => {
  const down = async () => {
    throw new HotUnavailableError('CONNECTION', new Error('refused'))
  }
  const { follow, partitions } = world.hot
  Object.assign(world.hot, { follow: down, partitions: down })
  return () => Object.assign(world.hot, { follow, partitions })
}

const mongoDown = () => {
  const down = async () => {
    throw new WarmUnavailableError('mongo:27017/tandem', new Error('refused'))
  }
  const { pointer, snapshot, cells } = world.warm
  Object.assign(world.warm, { pointer: down, snapshot: down, cells: down })
  return () => Object.assign(world.warm, { pointer, snapshot, cells })
}

describe('Redis is down', () => {
  test('the answer is the snapshot alone, L is the boundary, and every partition is degraded', async () => {
    await sealedAndHot()
    expect(await total()).toMatchObject({ searches: 2, prefix: { searches: { 0: 2 } }, degraded: [] })
    const up = redisDown()
    world.clock.nowMs += 200
    expect(await total()).toMatchObject({
      searches: 1,
      prefix: { searches: { 0: 1, 1: 0 } },
      degraded: [
        { stream: 'searches', partition: 0, from: 1, to: 2 },
        { stream: 'searches', partition: 1, from: 0, to: 0 },
      ],
      hotAgeMs: null,
    })
    up()
    world.clock.nowMs += 2_000
    expect(await total()).toMatchObject({ searches: 2, degraded: [] })
  })

  test('readers do not each wait for it', async () => {
    await sealedAndHot()
    await total()
    let asked = 0
    redisDown()
    const { follow } = world.hot
    Object.assign(world.hot, {
      follow: async () => {
        asked++
        return follow.call(world.hot, world.keyspace('searches'), 0, undefined)
      },
    })
    world.clock.nowMs += 200
    for (let i = 0; i < 20; i++) await total()
    expect(asked).toBeLessThanOrEqual(2)
  })
})

describe('MongoDB is down', () => {
  test('answers go on with the last pointer and the segments held, and say how old it is', async () => {
    await sealedAndHot()
    await total()
    mongoDown()
    search(0, 'a')
    await world.flushAll()
    world.clock.nowMs += 5_000
    const answer = await total()
    expect(answer).toMatchObject({ searches: 3, degraded: [] })
    expect(answer.pointerAgeMs).toBeGreaterThanOrEqual(5_000)
  })

  test('without a pointer ever read it is a 503 that names it', async () => {
    mongoDown()
    await expect(total()).rejects.toMatchObject({
      name: 'UnavailableError',
      code: 'mongodb',
      message: expect.stringContaining('MongoDB'),
    })
  })

  test('a segment that is not held cannot be made up', async () => {
    await sealedAndHot()
    await total()
    serving.readers.cells.get('words')?.tidy(Number.POSITIVE_INFINITY)
    for (const entry of serving.readers.cells.values()) serving.readers.cache.forget(entry.batch.reader)
    mongoDown()
    await expect(total()).rejects.toMatchObject({
      code: 'mongodb',
      message: expect.stringContaining('segments of view "words"'),
    })
  })

  test('where hot state dropped what the last snapshot lacks, no answer is made', async () => {
    await sealedAndHot()
    await total()
    world.clock.nowMs += 60_000
    search(0, 'a')
    await world.flushAll()
    await world.seal('searches')
    await world.drop('searches')
    mongoDown()
    await expect(total()).rejects.toMatchObject({ code: 'mongodb', message: expect.stringContaining('dropped epochs') })
  })

  test('with Redis down too there is no answer', async () => {
    await sealedAndHot()
    await total()
    mongoDown()
    redisDown()
    world.clock.nowMs += 5_000
    await expect(total()).rejects.toMatchObject({ code: 'redis' })
  })
})

describe('an answer below one given before says so', () => {
  test('after Redis lost its state, until the speed layer is back where it was', async () => {
    await sealedAndHot()
    search(0, 'a')
    await world.flushAll()
    expect((await total()).prefix.searches).toEqual({ 0: 3, 1: 0 })
    await world.wipe()
    world.clock.nowMs += 1_100
    expect(await total()).toMatchObject({
      searches: 1,
      prefix: { searches: { 0: 1 } },
      degraded: [{ partition: 0, from: 1, to: 3 }],
    })
    await world.flushAll()
    world.clock.nowMs += 150
    expect(await total()).toMatchObject({ searches: 3, degraded: [] })
  })
})

describe('a snapshot takes over whole', () => {
  test('a reader that waited while segments were exchanged sees the new snapshot with its own segments', async () => {
    await sealedAndHot()
    await total()
    world.clock.nowMs += 60_000
    search(0, 'a')
    await world.flushAll()
    await total()
    await world.seal('searches')
    world.clock.nowMs += 150
    // The reader is held at the mirror, after it took the old snapshot's blocks.
    const stream = serving.readers.streams.get('searches')
    if (!stream) throw new Error('no stream')
    const { refresh } = stream.mirror
    let seen = 0
    stream.mirror.refresh = async () => {
      if (seen++ === 0) await stream.watch.refresh()
      return refresh.call(stream.mirror)
    }
    expect(await total()).toMatchObject({ searches: 3, snapshots: { searches: { sequence: 2 } } })
    expect(seen).toBeGreaterThan(0)
  })

  test('a block merged while new segments are made ready is merged again', async () => {
    await sealedAndHot()
    await total()
    world.clock.nowMs += 60_000
    search(0, 'a')
    await world.flushAll()
    await world.seal('searches')
    const batch = serving.readers.cells.get('words')?.batch
    if (!batch) throw new Error('no view')
    const ask = async () => (await serving.ask('words', 'from=-1h&window=1h&groupBy=gender')).rows[0]?.searches
    const { prepare } = batch
    batch.prepare = async (stream, segments) => {
      const prepared = await prepare.call(batch, stream, segments)
      expect(await ask()).toBe(3) // by the old snapshot, in blocks that the new one does not know of
      return prepared
    }
    world.clock.nowMs += 1_100
    expect(await ask()).toBe(3)
    await world.drop('searches')
    world.clock.nowMs += 1_100
    expect(await ask()).toBe(3)
    expect((await total()).snapshots.searches).toMatchObject({ sequence: 2 })
  })
})
