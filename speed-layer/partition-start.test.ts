import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../core/seam/snapshot.js'
import { openMemoryReleases } from '../stores/warm/index.js'
import { wordsPlan } from '../test/support/lane-bench.js'
import { partitionStart } from './partition-start.js'

const { stream } = wordsPlan()
const log = {
  offsets: async () => [
    { partition: 0, low: 7, high: 90 },
    { partition: 1, low: 3, high: 40 },
  ],
}
const inForce = (snapshot: Pick<Snapshot, 'boundary'> | null) => ({
  pointer: async () => ({ stream: stream.name, snapshot: 's1', sequence: 1 }),
  snapshot: async () => snapshot as Snapshot | null,
})
const releases = openMemoryReleases()
const never = { pointer: async () => null, snapshot: async () => null }

describe('a partition without hot state', () => {
  it('begins at the boundary of the snapshot in force, offset and epoch', async () => {
    const warm = inForce({ boundary: { 0: { offset: 50, epoch: 12 } } })
    expect(await partitionStart(stream, 0, { warm, log, releases })).toEqual({ offset: 50, epoch: 12 })
  })

  it('begins at its earliest record where the snapshot lacks it, or nothing was published yet', async () => {
    const warm = inForce({ boundary: { 0: { offset: 50, epoch: 12 } } })
    expect(await partitionStart(stream, 1, { warm, log, releases })).toEqual({ offset: 3, epoch: 0 })
    expect(await partitionStart(stream, 0, { warm: never, log, releases })).toEqual({ offset: 7, epoch: 0 })
  })

  it('does not begin where the snapshot in force cannot be read, or the partition does not exist', async () => {
    await expect(partitionStart(stream, 0, { warm: inForce(null), log, releases })).rejects.toThrow(
      'snapshot s1 is in force but not stored',
    )
    await expect(partitionStart(stream, 5, { warm: never, log, releases })).rejects.toThrow('has no partition 5')
  })
})
