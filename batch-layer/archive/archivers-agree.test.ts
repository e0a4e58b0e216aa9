import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LakeStore, openLake } from '../../stores/lake/index.js'
import { clickJson, shop } from '../testing/shop.js'
import { localArchiver } from './local-archiver.js'
import type { Archiver } from './range-archive.js'
import { threadArchiver } from './thread-archiver.js'

const { stream } = shop('clicks')
let root: string
let lake: LakeStore
let thread: Archiver

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-archivers-'))
  lake = await openLake(root, { threads: 1 })
  thread = threadArchiver(root, stream)
})

afterAll(async () => {
  await thread.close()
  await lake.close()
  await rm(root, { recursive: true })
})

async function archive(archiver: Archiver, attempt: string) {
  const part = await archiver.open({ stream, epoch: 10, epochMs: 60_000, partition: 0, from: 0, fromEpoch: 0, attempt })
  for (let slice = 0; slice < 8; slice++) {
    const records = Array.from({ length: 300 }, (_, i) => {
      const offset = slice * 300 + i
      const value =
        i % 50 === 0
          ? Buffer.from('{"at":')
          : Buffer.from(clickJson(600_000 + offset, `p${i % 7}`, i, `r${slice * 300 + (i % 250)}`))
      return { offset, timeMs: 600_000 + offset, key: i % 3 === 0 ? null : Buffer.from(`k${i}`), value, tick: false }
    })
    await part.append({ records, epochs: records.map(() => 10) })
  }
  return part.finish(2_400)
}

test('the thread writes the same rows and counts as the calling thread', { timeout: 60_000 }, async () => {
  const local = await archive(localArchiver(lake, stream), 'local')
  const there = await archive(thread, 'thread')
  const { files, ...counts } = there
  expect(counts).toEqual({ accepted: 1_960, rejected: 48, duplicates: 392 })
  expect(local).toMatchObject(counts)
  expect(files.map(({ kind, rows }) => ({ kind, rows }))).toEqual(local.files.map(({ kind, rows }) => ({ kind, rows })))
  for (const [i, file] of files.entries()) {
    const other = local.files[i]
    if (other === undefined) throw new Error('a file is missing')
    expect(await readFile(join(root, file.file))).toEqual(await readFile(join(root, other.file)))
  }
})

test('what is abandoned leaves no file, and a thread that ended refuses what comes later', {
  timeout: 60_000,
}, async () => {
  const place = { stream, epoch: 11, epochMs: 60_000, partition: 0, from: 0, fromEpoch: 0, attempt: 'given-up' }
  const part = await thread.open(place)
  const record = { offset: 0, timeMs: 660_000, key: null, value: Buffer.from(clickJson(660_000, 'p', 1)), tick: false }
  await part.append({ records: [record], epochs: [11] })
  await part.abandon()
  await expect(part.finish(1)).rejects.toThrow('is not open')
  // the files of the test before, which no manifest names, and nothing else
  expect(await lake.sweep(stream.name, Date.now() + 1_000, 0)).toBe(6)
  await thread.close()
  await expect(thread.open(place)).rejects.toThrow('ended')
})
