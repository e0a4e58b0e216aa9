import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Column, Row } from '../../core/define/column.js'
import { defineStream, instant, z } from '../../core/index.js'
import type { EpochManifest } from '../../core/seam/index.js'
import { type LakeStore, openLake } from '../../stores/lake/index.js'
import { recountDuplicates } from './recount-duplicates.js'

const stream = defineStream({
  name: 'orders',
  schema: z.object({ order: z.string().nullable(), at: instant() }),
  eventTime: 'at',
  id: 'order',
})
const integer = (name: string): Column => ({ name, type: { kind: 'integer' }, path: [] })
const columns = [...stream.columns, integer('_partition'), integer('_offset'), integer('_epoch')]

let root: string
let lake: LakeStore
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-recount-'))
  lake = await openLake(root, { threads: 1 })
})
afterAll(async () => {
  await lake.close()
  await rm(root, { recursive: true })
})

/** Order, epoch and, where it is not the first, partition, by offset. @returns offsets that are duplicates */
async function judge(
  records: readonly (readonly [order: string | null, epoch: number, partition?: number])[],
  sealed: readonly number[],
  manifests: readonly EpochManifest[] = [],
): Promise<readonly unknown[]> {
  const rows = records.map(
    ([order, epoch, partition = 0], i): Row => ({ order, at: 0, _partition: partition, _offset: i, _epoch: epoch }),
  )
  const scratch = await lake.openScratch()
  try {
    const [accepted, duplicates] = ['orders', 'orders.duplicates']
    await scratch.loadRows(
      accepted as string,
      columns,
      rows.filter((_, i) => !sealed.includes(i)),
    )
    await scratch.loadRows(
      duplicates as string,
      columns,
      rows.filter((_, i) => sealed.includes(i)),
    )
    await recountDuplicates(scratch, stream, { accepted: 'orders', duplicates: 'orders.duplicates' }, manifests)
    const kept = await scratch.query('SELECT count(*)::INT AS n FROM "orders"')
    const found = await scratch.query('SELECT _offset FROM "orders.duplicates" ORDER BY _offset')
    expect(kept).toEqual([{ n: records.length - found.length }])
    return found.map((row) => (row as { _offset: number })._offset)
  } finally {
    await scratch.close()
  }
}

const HISTORY = [
  ['a', 1],
  ['a', 1],
  ['b', 1, 1],
  ['b', 1],
  ['a', 2],
  [null, 2],
  [null, 2],
  ['a', 4],
  ['a', 5],
] as const

test('whatever the layers took for a duplicate, the records alone decide', async () => {
  for (const sealed of [[], [1, 4, 8], [0, 3, 7]]) expect(await judge(HISTORY, sealed)).toEqual([1, 4, 8])
})

test('what another definition of the stream sealed stays as it was sealed', async () => {
  const manifest = { streamHash: 'another', partitions: [{ partition: 0, to: 4 }] } as unknown as EpochManifest
  expect(await judge(HISTORY, [], [manifest])).toEqual([4, 8])
  expect(await judge(HISTORY, [0, 1], [manifest])).toEqual([0, 1, 4, 8])
})
