import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineStream, instant, z } from '../core/index.js'
import { openLake } from '../stores/lake/index.js'
import { sealedIds } from './sealed-ids.js'
import { planStream } from './stream-plan.js'

const stream = defineStream({
  name: 'orders',
  schema: z.object({ order: z.string(), at: instant() }),
  eventTime: 'at',
  id: 'order',
})
const plan = planStream(stream, [], 60_000)
const pointer = { stream: 'orders', snapshot: 's1', sequence: 1, updatedAtMs: 0 }
const published = { pointer: async () => pointer as never }
const unpublished = { pointer: async () => null }

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-sealed-ids-'))
})
afterAll(() => rm(root, { recursive: true }))

it('reads what was sealed in the epoch before the boundary, and opens no lake where there is none', async () => {
  expect(await sealedIds(plan, 0, { offset: 0, epoch: 0 }, { lakeRoot: undefined, warm: unpublished })).toEqual([])
  const lake = await openLake(root)
  const place = { stream, epoch: 7, epochMs: 60_000, partition: 0, from: 0, attempt: 'a' }
  const writer = await lake.openPart(place)
  writer.append({ offset: 0, timeMs: 420_000, epoch: 7 }, { order: 'a', at: 420_000 }, null)
  const files = await writer.finish(1)
  await lake.seal({
    version: 1,
    stream: 'orders',
    streamHash: stream.hash,
    epoch: 7,
    epochMs: 60_000,
    sealedAtMs: 0,
    attempt: 'a',
    cuts: [],
    partitions: [
      {
        partition: 0,
        from: 0,
        to: 1,
        epoch: 8,
        open: false,
        read: 1,
        accepted: 1,
        rejected: 0,
        duplicates: 0,
        ticks: 0,
        last: null,
        lost: [],
        files,
      },
    ],
  })
  await lake.close()
  const deps = { lakeRoot: root, warm: published }
  expect(await sealedIds(plan, 0, { offset: 1, epoch: 8 }, deps)).toEqual(['"a"'])
  expect(await sealedIds(plan, 0, { offset: 1, epoch: 9 }, deps)).toEqual([])
  expect(await sealedIds(plan, 1, { offset: 1, epoch: 8 }, deps)).toEqual([])
})

it('refuses to go on beside a lake that is not the one of the batch layer, and names it', async () => {
  const boundary = { offset: 1, epoch: 8 }
  const other = join(root, 'other')
  await expect(sealedIds(plan, 0, boundary, { lakeRoot: other, warm: published })).rejects.toThrow(
    `stream "orders" has a snapshot, but the lake in "${other}" has nothing of it`,
  )
  expect(await sealedIds(plan, 0, boundary, { lakeRoot: other, warm: unpublished })).toEqual([])
  await expect(sealedIds(plan, 0, boundary, { lakeRoot: undefined, warm: published })).rejects.toThrow(
    'stream "orders" has an id, so the speed layer needs the folder of the lake',
  )
})
