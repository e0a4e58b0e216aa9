import { connect, createServer, type Server, type Socket } from 'node:net'
import { MongoClient } from 'mongodb'
import { afterAll, expect, test } from 'vitest'
import type { Snapshot } from '../../core/seam/snapshot.js'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import { eventually } from '../../test/support/eventually.js'
import { describeHeldSnapshots } from './held-contract.js'
import { openWarmRetention } from './mongo-retention.js'
import { describeWarmStore } from './warm-contract.js'
import { openWarm } from './warm-store.js'
import { WarmUnavailableError } from './warm-unavailable-error.js'

const databases: string[] = []

function connection() {
  const database = uniqueName('warm')
  databases.push(database)
  return { ...testConnections().mongo, database }
}

afterAll(async () => {
  const client = await new MongoClient(testConnections().mongo.url).connect()
  for (const database of databases) await client.db(database).dropDatabase()
  await client.close()
})

describeWarmStore('mongodb', async () => {
  const to = connection()
  return { warm: await openWarm(to), again: () => openWarm(to) }
})

describeHeldSnapshots('mongodb', () => openWarm(connection()))

test('a server that is not there is a WarmUnavailableError that names the address and no password', async () => {
  const port = await freePort()
  const open = openWarm(
    { url: `mongodb://user:secret@127.0.0.1:${port}/?directConnection=true`, database: 'tandem' },
    { selectionTimeoutMs: 100, maxAttempts: 2, minDelayMs: 1 },
  )
  const failure = await open.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(WarmUnavailableError)
  expect(String(failure)).toContain(`127.0.0.1:${port}/tandem`)
  expect(String(failure)).not.toContain('secret')
})

test('a server that goes away is a WarmUnavailableError, and is used again when it is back', async () => {
  const to = connection()
  const { hostname, port } = new URL(to.url.replace('mongodb:', 'http:'))
  const relay = new Relay(Number(port), hostname)
  const behind = await relay.listen(0)
  const warm = await openWarm(
    { ...to, url: `mongodb://127.0.0.1:${behind}/?directConnection=true` },
    { selectionTimeoutMs: 300 },
  )
  const settings = { stream: 'visits', epochMs: 60_000, createdAtMs: 1 }
  await warm.registerStream(settings)
  await relay.stop()
  await expect(warm.ping()).rejects.toThrow(WarmUnavailableError)
  await expect(warm.pointer('visits')).rejects.toThrow(WarmUnavailableError)
  await expect(warm.registerStream(settings)).rejects.toThrow(`127.0.0.1:${behind}/${to.database}`)
  await relay.listen(behind)
  await eventually(
    () => warm.ping(),
    () => true,
  )
  expect(await warm.registerStream({ ...settings, createdAtMs: 2 })).toEqual(settings)
  await warm.close()
  await relay.stop()
})

test('a document that is not as it was written is refused by its name', async () => {
  const to = connection()
  const warm = await openWarm(to)
  await warm.registerStream({ stream: 'visits', epochMs: 60_000, createdAtMs: 1 })
  const client = await new MongoClient(to.url).connect()
  await client
    .db(to.database)
    .collection<{ _id: string }>('stream_settings')
    .updateOne({ _id: 'visits' }, { $set: { epochMs: 'soon' } })
  await expect(warm.streams()).rejects.toThrow('collection "stream_settings", document visits: epochMs')
  await client.close()
  await warm.close()
})

test('a segment that lost a bucket is refused, not read, until it is written again', async () => {
  const to = connection()
  const warm = await openWarm(to)
  const cells = Array.from({ length: 5000 }, (_, i) => ({ key: `[0,"${String(i).padStart(5, '0')}"]`, registers: '1' }))
  const range = { partition: 0, from: { offset: 0, epoch: 0 }, to: { offset: 1, epoch: 1 } }
  const segment = {
    id: 's1',
    view: 'v',
    viewHash: 'h',
    stream: 'visits',
    ranges: [range],
    cells: 5000,
    days: [19700101],
    checksum: 'c'.repeat(64),
  }
  await warm.putSegment(segment, cells)
  const client = await new MongoClient(to.url).connect()
  const buckets = client.db(to.database).collection<{ _id: string }>('buckets')
  expect(await buckets.countDocuments()).toBe(3)
  await buckets.deleteOne({ _id: /000001$/ })
  await expect(warm.cells('s1')).rejects.toThrow('segment s1 of view "v" lacks cells of day 19700101')
  await warm.putSegment(segment, cells)
  expect(await warm.cells('s1')).toEqual(cells)
  await client.close()
  await warm.close()
})

test('a snapshot that retention removed is gone for those as well who have read it', async () => {
  const to = connection()
  const warm = await openWarm(to)
  const snapshotOf = (sequence: number, base: string | null): Snapshot => ({
    ...{
      id: `${sequence}-s`,
      stream: 'visits',
      sequence,
      base,
      reason: 'seal',
      publishedAtMs: sequence,
      epochMs: 60_000,
    },
    ...{ first: {}, boundary: {}, views: [], segments: [], imports: [] },
  })
  for (const [sequence, base] of [[1, null] as const, [2, '1-s'] as const])
    await warm.publish(snapshotOf(sequence, base))
  expect(await warm.snapshot('1-s')).toMatchObject({ sequence: 1 })
  const retention = await openWarmRetention(to)
  expect(await retention.dropSnapshots({ sinceMs: 10, atLeast: 1 })).toBe(1)
  expect(await warm.snapshot('1-s')).toBeNull()
  expect(await warm.snapshots('visits', 9)).toMatchObject([{ id: '2-s' }])
  await retention.close()
  await warm.close()
})

/** Stands between client and server, and can vanish. */
class Relay {
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()

  constructor(
    private readonly port: number,
    private readonly host: string,
  ) {}

  async listen(port: number): Promise<number> {
    const server = createServer((inward) => {
      const outward = connect(this.port, this.host)
      for (const socket of [inward, outward]) {
        this.#sockets.add(socket)
        socket.on('close', () => [inward, outward].map((either) => either.destroy()))
        // The other end is told by the close that follows.
        socket.on('error', () => undefined)
      }
      inward.pipe(outward).pipe(inward)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return (server.address() as { port: number }).port
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()))
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
